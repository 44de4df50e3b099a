"""Whatever somebody does to a bundle, with or without new checksums, it is refused with the reason and nothing runs."""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from bundle_data import TREES, small_bundle, with_text
from hypothesis import given, settings
from hypothesis import strategies as st

from clv_ml.errors import BundleError
from clv_ml.models import _bundle_files
from clv_ml.models.bundle import MANIFEST, load_bundle

# a pickle of protocol 4 that would run a command if it were loaded
PICKLE = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R."


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_bundle(tmp_path_factory.mktemp("pristine") / "bundle")


@pytest.fixture
def folder(pristine: Path, tmp_path: Path) -> Path:
    shutil.copytree(pristine, tmp_path / "bundle")
    return tmp_path / "bundle"


@pytest.fixture
def never_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """LightGBM's parser must not be asked."""

    def parse(*_: object, **__: object) -> None:
        raise AssertionError("LightGBM was given a text of a bundle that must be refused")

    monkeypatch.setattr("clv_ml.models._boosting.lightgbm", parse)


@pytest.mark.parametrize("name", [MANIFEST, TREES])
@given(data=st.data())
@settings(max_examples=400)
def test_one_byte_changed_anywhere_is_noticed(pristine: Path, name: str, data: st.DataObject) -> None:
    file = pristine / name
    content = file.read_bytes()
    position = data.draw(st.integers(0, len(content) - 1))
    change = data.draw(st.integers(1, 255))
    try:
        file.write_bytes(content[:position] + bytes([content[position] ^ change]) + content[position + 1 :])
        with pytest.raises(BundleError):
            load_bundle(pristine)
    finally:
        file.write_bytes(content)


@pytest.mark.parametrize("name", [MANIFEST, TREES])
@pytest.mark.usefixtures("never_parsed")
def test_a_bit_changed_in_every_other_byte_is_noticed_before_lightgbm_sees_it(folder: Path, name: str) -> None:
    file = folder / name
    content = file.read_bytes()
    for position in range(0, len(content), 2):
        file.write_bytes(
            content[:position] + bytes([content[position] ^ (1 << position % 8)]) + content[position + 1 :]
        )
        with pytest.raises(BundleError):
            load_bundle(folder)


@pytest.mark.parametrize("name", [MANIFEST, TREES])
@pytest.mark.usefixtures("never_parsed")
def test_a_truncated_or_lengthened_file_is_noticed(folder: Path, name: str) -> None:
    file = folder / name
    content = file.read_bytes()
    for damaged in (*(content[: len(content) * part // 20] for part in range(20)), content[:-1], content + b"\n", b""):
        file.write_bytes(damaged)
        with pytest.raises(BundleError, match=name.replace(".", r"\.")):
            load_bundle(folder)


@pytest.mark.usefixtures("never_parsed")
def test_a_pickle_in_place_of_the_trees_is_refused_even_where_its_checksum_fits(folder: Path) -> None:
    with_text(folder, PICKLE)
    with pytest.raises(BundleError, match=r"churn_90d\.txt: no text \(a pickle, which is code: clv_ml never loads one"):
        load_bundle(folder)


@pytest.mark.usefixtures("never_parsed")
def test_a_pickle_in_place_of_the_manifest_is_refused(folder: Path) -> None:
    (folder / MANIFEST).write_bytes(PICKLE)
    with pytest.raises(BundleError, match=r"bundle\.json: not a model bundle \(a pickle, which is code"):
        load_bundle(folder)


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "hook.py", "churn_60d.txt", ".hidden", "weights.npy"])
@pytest.mark.usefixtures("never_parsed")
def test_a_file_beside_those_of_the_bundle_is_refused_by_name(folder: Path, name: str) -> None:
    (folder / name).write_bytes(PICKLE)
    with pytest.raises(BundleError, match=rf"{name.replace('.', '[.]')}: not part of the bundle \(1 such\)"):
        load_bundle(folder)


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib"])
@pytest.mark.usefixtures("never_parsed")
def test_a_pickle_that_the_manifest_names_is_refused_too(folder: Path, name: str) -> None:
    with_text(folder, PICKLE, name)
    with pytest.raises(BundleError, match="no text"):
        load_bundle(folder)
    with_text(folder, b"text after all", name)
    with pytest.raises(BundleError, match=rf"its classifiers and its files differ \({name}\)"):
        load_bundle(folder)


@pytest.mark.usefixtures("never_parsed")
def test_a_folder_or_a_pipe_in_place_of_a_file_is_refused_and_never_waited_for(folder: Path) -> None:
    for name in (TREES, MANIFEST):
        (folder / name).unlink()
        os.mkfifo(folder / name)
        with pytest.raises(BundleError, match="not a file"):
            load_bundle(folder)
        (folder / name).unlink()
        (folder / name).mkdir()
        with pytest.raises(BundleError, match="not a file"):
            load_bundle(folder)


@pytest.mark.parametrize("name", [TREES, MANIFEST])
@pytest.mark.usefixtures("never_parsed")
def test_a_link_that_leaves_the_bundle_is_refused(folder: Path, name: str) -> None:
    outside = folder.parent / name
    (folder / name).rename(outside)
    (folder / name).symlink_to(outside)
    with pytest.raises(BundleError, match="a link that leaves the bundle"):
        load_bundle(folder)
    (folder / name).unlink()
    (folder / name).symlink_to(folder / name)
    with pytest.raises(BundleError, match=r"cannot be read|missing"):
        load_bundle(folder)


def test_a_bundle_behind_a_link_loads(folder: Path) -> None:
    # latest -> bundles/shop-2020-12-31-...
    (folder.parent / "latest").symlink_to(folder)
    assert load_bundle(folder.parent / "latest").facts["name"] == "shop"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"schema_version": 1, "schema_version": 1}', "'schema_version' stands there twice"),
        ('{"facts": {"a": 1, "a": 1}}', "'a' stands there twice"),
        ('{"schema_version": NaN}', "NaN is no number of JSON"),
        ('{"schema_version": -Infinity}', "-Infinity is no number of JSON"),
        ('{"schema_version": 1e999}', "1e999 is out of range"),
        ('{"schema_version": 1' + "0" * 400 + "}", "is out of range"),
        ('{"schema_version": 0.' + "1" * 400 + "}", "is out of range"),
        ('{"schema_version": "1"}', "schema_version is '1'"),
        ('{"schema_version": true}', "schema_version is 'True'"),
        ('{"schema_version": 1.0}', "schema_version is '1.0'"),
        ('{"schema_version": 3}', "bundle schema 3, this version reads 1"),
        ("\ufeff{}", "BOM"),
    ],
)
def test_json_that_is_no_plain_json_is_refused(folder: Path, content: str, reason: str) -> None:
    (folder / MANIFEST).write_text(content, encoding="utf-8")
    with pytest.raises(BundleError, match=reason):
        load_bundle(folder)


def test_a_file_beyond_any_bundle_s_size_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, limit in ((MANIFEST, "MOST_MANIFEST_BYTES"), (TREES, "MOST_TEXT_BYTES")):
        with monkeypatch.context() as patched:
            patched.setattr(_bundle_files, limit, 100)
            with pytest.raises(BundleError, match=rf"{name.replace('.', '[.]')}: [\d,]+ bytes; no bundle has more"):
                load_bundle(folder)


def test_the_small_bundle_tells_probabilities(pristine: Path) -> None:
    rows = pd.DataFrame({"silence": [0.1, None], "plan": ["plan 3", "new"], "spend": [1.0, -1.0]}, index=["a", "b"])
    churn = load_bundle(pristine).models.churn
    assert churn is not None
    told = churn.predict(rows)
    assert ((told > 0) & (told < 1)).all(axis=None)
