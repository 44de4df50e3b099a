"""A manifest of the wrong shape is refused by the place that is wrong, even under checksums that fit."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bundle_data import FEATURES, TREES, edit, small_bundle, small_text, with_text
from hypothesis import given, settings
from hypothesis import strategies as st

from clv_ml.errors import BundleError
from clv_ml.models.bundle import MANIFEST, load_bundle


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_bundle(tmp_path_factory.mktemp("pristine") / "bundle")


@pytest.fixture
def folder(pristine: Path, tmp_path: Path) -> Path:
    shutil.copytree(pristine, tmp_path / "bundle")
    return tmp_path / "bundle"


def _set(*path: str | int, value: object) -> Callable[[dict[str, Any]], None]:
    def change(manifest: Any) -> None:
        for key in path[:-1]:
            manifest = manifest[key]
        manifest[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (_set("churn", "features", value=["silence", "plan", 7]), r"churn\.features\.2"),
        (_set("churn", "features", value=["silence", "plan", "plan"]), "features must differ"),
        (_set("churn", "horizons_days", value=[90, 30]), "must ascend"),
        (_set("churn", "horizons_days", value=["30", "90"]), r"horizons_days\.0"),
        (_set("churn", "classifiers", "90", "constant", value=2), "less than or equal to 1"),
        (_set("churn", "classifiers", "60", value={"scaling": None, "constant": 0.5}), "must be those of"),
        (_set("churn", "classifiers", "90", "scaling", "slope", value=-1), "greater than 0"),
        (_set("churn", "own_gap", value=True), "must be those of"),
        (_set("churn", "categories", "color", value={"values": [], "rare": []}), "must be among them"),
        (_set("churn", "class", value="os.system"), r"churn\.class: Extra inputs"),
        (_set("purchases", "params", "r", value=-0.24), "greater than 0"),
        (_set("purchases", "params", "r", value=True), r"params\.r"),
        (_set("purchases", "params", value={}), "params are"),
        (_set("purchases", "model", value="__import__('os')"), "is wanted"),
        (_set("spend", "model", value="bgnbd"), "is wanted"),
        (_set("prospect_rates", value={"-1": 0.5}), "prospect_rates"),
        (_set("prospect_rates", value={"30": 1.5}), "less than or equal to 1"),
        (_set("facts", "value", value={"margin": "0.3"}), r"facts\.value\.margin"),
        (_set("facts", "signals", value={"unknown": 1}), "Extra inputs"),
        (_set("facts", value=[]), "facts"),
        (_set("cutoff", value="2020-13-01"), "cutoff"),
        (_set("alarms", value="all fine"), "alarms"),
        (_set("engagement", value={"active_days": 1}), "engagement reference: needs"),
        (_set("python", value="import os"), "python: Extra inputs"),
        (_set("sha256", TREES, value=7), "sha256"),
        (lambda manifest: manifest.pop("churn_note"), "churn_note: Field required"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_even_where_the_checksum_fits(
    folder: Path, change: Callable[[dict[str, Any]], object], place: str
) -> None:
    edit(folder, change, resealed=True)
    with pytest.raises(BundleError, match=place):
        load_bundle(folder)


def test_trees_over_other_features_than_the_manifest_s_are_refused(folder: Path) -> None:
    edit(folder, _set("churn", "features", value=["silence", "plan", "visits"]), resealed=True)
    with pytest.raises(BundleError, match=r"its features differ from those of the manifest \(spend\)"):
        load_bundle(folder)


def test_features_in_another_order_are_refused(folder: Path) -> None:
    edit(folder, _set("churn", "features", value=["spend", "plan", "silence"]), resealed=True)
    with pytest.raises(BundleError, match="its features differ from those of the manifest"):
        load_bundle(folder)


def test_a_name_of_many_characters_is_refused_and_not_repeated_in_full(folder: Path) -> None:
    with_text(folder, small_text().replace(FEATURES[0], "x" * 100_000).encode())
    with pytest.raises(BundleError) as refused:
        load_bundle(folder)
    assert len(str(refused.value)) < 1000


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    # surrogates cannot be written as UTF-8
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(data=st.data())
@settings(max_examples=400)
def test_any_value_anywhere_under_a_fitting_checksum_loads_or_is_refused(pristine: Path, data: st.DataObject) -> None:
    content = (pristine / MANIFEST).read_bytes()
    value = data.draw(json_values)

    def change(place: Any) -> None:
        while True:
            keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
            key = data.draw(st.sampled_from(keys))
            inner = place[key]
            if not (isinstance(inner, dict | list) and inner) or data.draw(st.booleans()):
                break
            place = inner
        place[key] = value

    try:
        edit(pristine, change, resealed=True)
        bundle = load_bundle(pristine)
        if bundle.models.churn is not None:
            assert bundle.models.churn.horizons_days == (30, 90)
    except BundleError:
        pass  # any other error fails the test
    finally:
        (pristine / MANIFEST).write_bytes(content)
