"""The commands that the pages show, and how each is tried: as it stands, with smaller numbers, or by another test."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = (
    ROOT / "README.md",
    ROOT / "models" / "README.md",
    *sorted((ROOT / "clv_ml" / "guides").glob("*.md")),
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^ {4}(\.venv/bin/.*)$", flags=re.MULTILINE)
_PROGRAMS = ("clv-ml", "make", "mlflow", "pip", "python", "git", "cd")

SMALLER = (
    # (what the page says, what is run, why)
    (r"--customers \d+", "--customers 300", "as many as are needed to have something to write"),
    (r"--as-of 20\d\d-\d\d-\d\d", "--as-of 1998-06-30", "my.yaml is the sample of CDNOW here, which ends on that day"),
    (r"--out shop\.yaml", "--out proposed.yaml", "shop.yaml is there already"),
    (r"^clv-ml (backtest|train) --config sim/", "clv-ml validate --config sim/", "hours of learning add nothing here"),
)
ELSEWHERE = (
    # (what the page says, the test that runs it, why)
    (r"^make demo$", "tests/test_commands.py", "clv-ml demo is run, on a tenth of the customers"),
    (r"^make( (test|lint))+$", ".ci/run", "these are what runs the tests"),
    (r"^make docs$", "tests/test_guides.py", "the pages are built there"),
    (r"^make (spark|lock|clean)$", "Makefile", "they change the environment"),
    (r"^clv-ml (train|backtest) ", "tests/test_backtest_job.py", "one training is enough: that of clv-ml demo"),
    (r"^clv-ml cohorts ", "tests/test_cohorts_cli.py", "takes long, and is run there on the same customers"),
    (r"engine\.kind=spark", "tests/spark/test_spark_score_job.py", "starting Spark takes long"),
    (r"^python tests/benchmarks/\w+\.py", "tests/benchmarks/bench_value.py", "measures for minutes"),
    (r"^python tests/(fault_campaign|fuzz/run|test_value_coverage)\.py", "tests/test_faults.py", "runs for minutes"),
    (r"^python -m clv_ml\.config\.reference", "tests/test_config_reference.py", "run there"),
    (r"^mlflow ui ", "tests/test_tracking_servers.py", "a server that does not end"),
    (r"^pip install ", "pyproject.toml", "needs a network"),
)
# files that a page takes for granted: what somebody has when they read it
TAKEN_FOR_GRANTED = {
    "my.yaml": "configs/demo.yaml",
    "my_shop.yaml": "configs/demo.yaml",
    "shop.yaml": "configs/demo.yaml",
}


@dataclass(frozen=True)
class PageCommand:
    """A command of a page, as it stands there."""

    page: str
    text: str

    @property
    def plain(self) -> str:
        """The command without where the environment is, and without variables before it."""
        return re.sub(r"^([A-Z_]+=\S+ +)*(\.venv/bin/)?", "", self.text)

    @property
    def smaller(self) -> str:
        """The command with the numbers it is run with."""
        text = self.plain
        for said, run, _ in SMALLER:
            text = re.sub(said, run, text)
        return text

    @property
    def elsewhere(self) -> str:
        """The file that runs it, where it is not run here; of commands with smaller numbers none."""
        for said, where, _ in ELSEWHERE:
            if re.search(said, self.smaller):
                return where
        return ""


def _fenced(text: str) -> list[str]:
    lines = [line for kind, body in _FENCE.findall(text) if kind in {"", "sh", "bash"} for line in body.splitlines()]
    lines += _INDENTED.findall(text)
    return [line.split("  #")[0].split(" # ")[0].strip() for line in lines]


def _spoken(text: str) -> list[str]:
    """Commands in running text; without an option it is only the name of one."""
    spans = re.findall(r"`([^`]+)`", _FENCE.sub("", text))
    spans = [" ".join(span.split()) for span in spans]
    begins = ("clv-ml", ".venv/bin/", "make ", "mlflow ", "pip ")
    known = [span for span in spans if span.startswith(begins) and ("--" in span or not span.startswith("clv-ml"))]
    return [span for span in known if "..." not in span and not re.search(r"\b[A-Z]{4,}", span)]


def page_commands() -> list[PageCommand]:
    """Every command of every page, each once, in the order of the pages."""
    found: dict[str, PageCommand] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for line in [*_fenced(text), *_spoken(text)]:
            command = PageCommand(str(page.relative_to(ROOT)), line)
            if line and shlex.split(command.plain)[0] in _PROGRAMS:
                found.setdefault(command.plain, command)
            elif line:
                raise AssertionError(f"{command.page}: {line!r} is no command that the tests know")
    return list(found.values())
