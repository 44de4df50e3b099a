"""A config is data: hostile YAML, environments and arguments end in one ConfigError, soon, and build no object."""

from pathlib import Path

import pytest

from clv_ml.config import build_config, load_config
from clv_ml.errors import ConfigError

GOOD = "name: shop\ntransactions: {sources: [{dataset: cdnow_sample}]}\n"
TREE = {"name": "shop", "transactions": {"sources": [{"dataset": "cdnow_sample"}]}}


def _bomb(levels: int) -> str:
    """Each line names the one before nine times: 9 ** levels values out of a few hundred bytes."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: !!python/object/apply:os.system ['true']\n", "not valid YAML: could not determine a constructor"),
        ("name: !!python/name:os.system\n", "could not determine a constructor"),
        ("!!python/module:os\n", "could not determine a constructor"),
        ("name: shop\nname: other\n", "the key 'name' stands there twice"),
        (GOOD + "churn: {seed: 1, seed: 2}\n", "the key 'seed' stands there twice"),
        (_bomb(9), "that is no config"),
        ("name: &a [*a]\n", "that is no config"),
        ("a: " + "[" * 2000, "nested too deeply|not valid YAML"),
        ("a: " + "[" * 200 + "]" * 200, "nested too deeply"),
        ("- " * 30_000, "nested too deeply"),
        ("? " * 30_000, "nested too deeply"),
        ("{" * 30_000, "nested too deeply"),
        ("&a " * 30_000, "not valid YAML"),
        ("&" + "a" * 30_000, "must be a mapping"),
        ("x" * 190_000, "must be a mapping"),
        ('a: "' + "\n" * 190_000, "not valid YAML"),
        ("!" * 30_000, "not valid YAML"),
        ("* " * 30_000, "not valid YAML"),
        ("a:\n" * 10_000, "stands there twice"),
        ("[a, " * 40 + "b", "not valid YAML"),
        ("a, " * 30_000, "must be a mapping"),
        (": " * 50_000, "not valid YAML"),
        ("| " * 50_000, "not valid YAML"),
        ('name: "shop\\0"\n', r"'shop\\x00' holds a NUL character"),
        ('name: "\\uD800"\n', "half a character"),
        ('"na\\0me": shop\n', "holds a NUL character"),
        ("name: !!int ''\n", "not valid YAML"),
        ("name: !!timestamp x\n", "not valid YAML"),
        ("name: !!float x\n", "not valid YAML"),
        ("name: " + "9" * 5000 + "\n", "not valid YAML"),
        ("name: 2020-02-30\n", "not valid YAML"),
        ("name: 0001-01-01T00:00:00+23:59\n", "not valid YAML|name"),
        ("? [a, b]\n: 1\n", "not valid YAML"),
        ("? {a: b}\n: 1\n", "not valid YAML"),
        ("name: !!binary AAAA\n", "name"),
        ("name: !!set {a, b}\n", "name"),
        ("1: 2\n", "unknown key|keys should be strings"),
        ("null: 2\n", "unknown key|keys should be strings"),
        ("--- a\n--- b\n", "not valid YAML"),
        ("\x07", "not valid YAML"),
        ("", "must be a mapping of sections, got NoneType"),
        ("- a\n", "must be a mapping of sections, got list"),
        (GOOD.replace("cdnow_sample", "/etc/passwd"), "dataset"),
    ],
)
def test_hostile_yaml_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said) as refused:
        load_config(path, environment={})
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 2000


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"name: \xe9\n", b"\x80\x04\x8c\x05posix", b"name: \x00\n"])
def test_bytes_that_are_no_yaml_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "job.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_config(path, environment={})


def test_a_file_too_large_for_a_config_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text("#" * 200_001)
    with pytest.raises(ConfigError, match="larger than 200,000 bytes; that is no config"):
        load_config(path, environment={})


def test_a_folder_is_no_config(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Is a directory"):
        load_config(tmp_path, environment={})


def test_anchors_and_merges_stay_allowed(tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    columns = "{customer_id: a, timestamp: b, amount: c}"
    path.write_text(
        f"name: shop\ntransactions:\n  sources:\n    - &first {{path: one.csv, format: csv, columns: {columns}}}\n"
        "    - {<<: *first, path: two.csv}\n"
    )
    sources = load_config(path, environment={}).transactions.sources
    assert [source.path for source in sources] == ["one.csv", "two.csv"]
    assert sources[1].columns == sources[0].columns


@pytest.mark.parametrize(
    "override",
    [
        "=",
        "=1",
        ".=1",
        "name.x=1",
        "transactions.sources.9=1",
        "transactions.sources.²=1",
        "transactions.sources.-1=1",
        f"transactions.sources.{'9' * 5000}=1",
        "transactions.sources.٠.dataset=x",
        "name=!!python/object/apply:os.system ['true']",
        "name=[" + "[" * 3000,
        "name=&a [*a]",
        'name="\\0"',
        "seed=" + "9" * 5000,
        "name={a: 1, a: 2}",
        "output.dir=" + "{" * 50,
    ],
)
def test_a_hostile_override_is_refused(override: str) -> None:
    with pytest.raises(ConfigError):
        build_config(TREE, environment={}, overrides=[override])
    key, _, value = override.partition("=")
    with pytest.raises(ConfigError):
        build_config(TREE, environment={f"CLV_ML__{key.replace('.', '__')}": value})


@pytest.mark.parametrize("pattern", ["a{99999999999}", "(" * 2000 + ")" * 2000, "(?P<a", "["])
def test_a_pattern_that_cannot_be_read_is_refused(pattern: str) -> None:
    rule = {"column": "product", "matches": pattern, "reason": "fee"}
    tree = {"name": "shop", "transactions": {"sources": [{"dataset": "cdnow_sample"}], "exclude": [rule]}}
    with pytest.raises(ConfigError):
        build_config(tree, environment={})


def test_a_tree_of_python_values_that_contains_itself_is_refused() -> None:
    endless: dict[str, object] = dict(TREE)
    endless["value"] = endless
    with pytest.raises(ConfigError, match="that is no config"):
        build_config(endless, environment={})
