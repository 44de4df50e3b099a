"""Fuzz targets: configs as YAML files, and as arguments and environments on top of a good one."""

from __future__ import annotations

from pathlib import Path

from edits import Source, edited

from clv_ml.config import build_config, load_config
from clv_ml.errors import ConfigError

_GOOD = (Path(__file__).parents[2] / "configs" / "online_retail.yaml").read_text(encoding="utf-8")
_WORDS = (
    *("&a", "*a", "<<: *a", "!!python/name:os.system", "!!binary", "!!set", "? [", "|", ">", "%", "@", "`", "~"),
    *("[", "]", "{", "}", "{a: 1}", "[[1]]", "- ", ": ", "#", "'", '"', "\t", "\x85", "\ufeff", '"\\0"'),
    *("2020-02-30", "0001-01-01", "-1", "1e400", ".nan", "-.inf", "0o777", "1:2:3", "null", "true"),
    *("name", "transactions", "sources", "churn", "risk", "dataset", "cdnow_sample", "cdnow_master", "0.5", "7"),
    *("../../etc/passwd", "a{99999999999}", "(((((((((", "x" * 300, "9" * 5000, "\U0001f600", "\u202e"),
)
_KEYS = (
    *("name", "seed", "currency", "transactions.sources.0.dataset", "transactions.refunds", "churn.horizons_days"),
    *("risk.capacity", "value.margin", "output.dir", "transactions", "sources", "0", "7", "columns", "alarms", ""),
)


class Configs:
    """A config file that each input writes anew."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "job.yaml"

    def yaml(self, data: bytes) -> int:
        """Read bytes, or an edited config."""
        source = Source(data)
        text = source.rest() if source.below(2) == 0 else edited(_GOOD, source, _WORDS).encode(errors="replace")
        self._file.write_bytes(text)
        try:
            load_config(self._file, environment={})
        except ConfigError as error:
            _is_one_clear_line(error)
            return 0
        return 1

    def overrides(self, data: bytes) -> int:
        """Override values by arguments and the environment."""
        source = Source(data)
        tree = {"name": "shop", "transactions": {"sources": [{"dataset": "cdnow_sample"}]}}
        given: list[str] = []
        while source.left > 0 and len(given) < 8:
            key = ".".join(source.pick(_KEYS) for _ in range(max(source.below(5) - 1, 1)))
            free = source.below(3) == 0
            given.append(f"{key}={source.rest().decode(errors='replace') if free else source.pick(_WORDS)}")
        environment = {f"CLV_ML__{item.partition('=')[0].replace('.', '__')}": item for item in given[4:]}
        try:
            build_config(tree, overrides=given[:4], environment=environment)
        except ConfigError as error:
            _is_one_clear_line(error)
            return 0
        return 1


def _is_one_clear_line(error: ConfigError) -> None:
    assert 0 < len(str(error)) < 20_000, len(str(error))
