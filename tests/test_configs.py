"""Every file in configs/ loads, and the built-in demo is the one in configs/."""

from pathlib import Path

import pytest

from clv_ml.cli import DEMO_TREE
from clv_ml.config import build_config, load_config

CONFIGS = sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_config_loads(path: Path) -> None:
    config = load_config(path, environment={})
    assert config.name
    assert config.output.dir.parts[0] == "output"


def test_there_are_configs_to_load() -> None:
    assert {"demo.yaml", "online_retail.yaml", "complete_journey.yaml"} <= {path.name for path in CONFIGS}


def test_the_demo_that_comes_with_the_package_is_the_one_in_configs() -> None:
    [demo] = [path for path in CONFIGS if path.name == "demo.yaml"]
    from_file = load_config(demo, environment={})
    built_in = build_config(DEMO_TREE, environment={})
    leave_out = {"transactions": {"root"}, "contacts": {"root"}}
    assert from_file.model_dump(exclude=leave_out) == built_in.model_dump(exclude=leave_out)
