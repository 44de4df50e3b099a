"""The command line: parse, load the config, call the pipeline, say what was done and where it is."""

from clv_ml.cli.cohorts import cohorts
from clv_ml.cli.command import app, main
from clv_ml.cli.initial import init
from clv_ml.cli.jobs import DEMO, DEMO_TREE
from clv_ml.cli.measuring import measure
from clv_ml.cli.reporter import Reporter
from clv_ml.cli.reviewing import drift, review, upload
from clv_ml.cli.simulating import simulate

__all__ = [
    "DEMO",
    "DEMO_TREE",
    "Reporter",
    "app",
    "cohorts",
    "drift",
    "init",
    "main",
    "measure",
    "review",
    "simulate",
    "upload",
]
