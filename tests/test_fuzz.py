"""Hostile inputs for the readers, the config and the bundle: a short run of what tests/fuzz/run.py does for long."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bundle_data import TREES, small_bundle
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from clv_ml.errors import BundleError, ModelNotFoundError
from clv_ml.models.bundle import MANIFEST, load_bundle

FUZZ = Path(__file__).parent / "fuzz"
sys.path.insert(0, str(FUZZ))

from edits import Source, edited, edited_tree  # noqa: E402
from records import rows_of_csv  # noqa: E402
from run import fuzz  # noqa: E402
from targets import TARGETS  # noqa: E402

# the seconds of a search that finds nothing are better spent on more inputs
_PLAIN = settings(phases=[Phase.explicit, Phase.reuse, Phase.generate], suppress_health_check=list(HealthCheck))
_INPUTS = {"config_yaml": 150, "config_overrides": 150, "bundle_manifest": 100, "bundle_trees": 100, "csv_records": 200}
_FEW = {"csv_bytes": 4, "parquet_bytes": 4, "whole_read": 2}


@pytest.mark.parametrize("name", [*_INPUTS, *_FEW])
def test_any_bytes_are_taken_or_refused_with_a_reason(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    target = TARGETS[name](tmp_path_factory.mktemp(name))

    @settings(_PLAIN, max_examples=_INPUTS.get(name) or _FEW[name])
    @given(data=st.binary(min_size=6, max_size=60))
    def run(data: bytes) -> None:
        assert target(data) in (0, 1)

    run()


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed")
def test_a_short_run_guided_by_coverage_finds_nothing(tmp_path: Path) -> None:
    outcome = fuzz("everything", 1500, seconds=6, keep=tmp_path / "failed")
    assert not outcome.failure, f"{outcome}\n{(tmp_path / 'failed' / 'last.log').read_text()[-4000:]}"
    assert outcome.inputs > 20
    assert outcome.coverage[1] >= outcome.coverage[0] > 0


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed")
def test_the_runner_tells_when_a_target_fails(tmp_path: Path) -> None:
    outcome = fuzz("no_such_target", 10, seconds=5, keep=tmp_path)
    assert "FAILED" in outcome.failure


def test_the_readers_second_opinion_counts_records_by_hand() -> None:
    header = b"a,b\n"
    for body, rows in {
        b"": 0,
        b"1,2\n": 1,
        b"1,2": 1,
        b"1,2\r\n\r\n\n3,4\r\n": 2,
        b'1,"2\n3"\n4,5\n': 2,
        b'1,"2""\n3"\n': 1,
        b'1,"2\n3,4\n': 2,  # the quote never closes: its line alone is broken
        b'1,"2"x\n3,4\n': 2,
        b"1\n1,2,3\n": 2,
        b'"1","2\n\n3"\n': 1,
        b'"\xff\n",2\n1,2\n': 3,  # no UTF-8: not a record of several lines
    }.items():
        assert rows_of_csv(header + body, 2) == rows, body


def test_edits_are_the_same_for_the_same_bytes_and_end() -> None:
    text = "a=1 2 3\nb=4\n"
    for data in (b"", b"\0", bytes(range(256)), b"\xff" * 4096):
        assert edited(text, Source(data)) == edited(text, Source(data))
        tree = edited_tree({"a": [1, {"b": 2}], "c": {}}, Source(data))
        assert tree == edited_tree({"a": [1, {"b": 2}], "c": {}}, Source(data))


class BundleFolder(RuleBasedStateMachine):
    """A bundle whose files come, go and change: it loads exactly when every byte is as it was written."""

    pristine: Path
    make: Callable[[str], Path]

    @initialize()
    def begin(self) -> None:
        self.folder = type(self).make("state") / "bundle"
        shutil.copytree(self.pristine, self.folder)

    @rule(name=st.sampled_from([MANIFEST, TREES]), at=st.integers(0, 10**6), bit=st.integers(0, 7))
    def flip(self, name: str, at: int, bit: int) -> None:
        file = self.folder / name
        if file.exists() and file.stat().st_size:
            content = bytearray(file.read_bytes())
            content[at % len(content)] ^= 1 << bit
            file.write_bytes(content)

    @rule(name=st.sampled_from([MANIFEST, TREES]), length=st.integers(0, 10**4))
    def cut(self, name: str, length: int) -> None:
        if (self.folder / name).exists():
            (self.folder / name).write_bytes((self.folder / name).read_bytes()[:length])

    @rule(name=st.sampled_from([MANIFEST, TREES]))
    def remove(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    @rule(name=st.sampled_from(["x.pkl", "churn_30d.txt", "notes.txt"]))
    def add(self, name: str) -> None:
        (self.folder / name).write_bytes(b"\x80\x04.")

    @rule()
    def tidy(self) -> None:
        for path in self.folder.iterdir():
            if path.name not in (MANIFEST, TREES):
                path.unlink()

    @rule(name=st.sampled_from([MANIFEST, TREES]))
    def restore(self, name: str) -> None:
        shutil.copy(self.pristine / name, self.folder / name)

    @invariant()
    def loads_exactly_when_whole(self) -> None:
        if not hasattr(self, "folder"):
            return
        now = {path.name: path.read_bytes() for path in self.folder.iterdir()}
        whole = now == {path.name: path.read_bytes() for path in self.pristine.iterdir()}
        try:
            load_bundle(self.folder)
        except (BundleError, ModelNotFoundError):
            assert not whole
        else:
            assert whole


def test_a_bundle_loads_exactly_when_it_is_as_it_was_written(tmp_path_factory: pytest.TempPathFactory) -> None:
    BundleFolder.pristine = small_bundle(tmp_path_factory.mktemp("pristine") / "bundle")
    BundleFolder.make = tmp_path_factory.mktemp
    run_state_machine_as_test(BundleFolder, settings=settings(_PLAIN, max_examples=30, stateful_step_count=15))
