"""Spark Connect: a session that is reached over the network, whose frames are plans and nothing else."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from spark.conftest import QUICK, missing

ASK = Path(__file__).with_name("ask_connect.py")
SMALL = {"JAVA_TOOL_OPTIONS": QUICK, "SPARK_LOCAL_IP": "127.0.0.1"}


def test_a_frame_of_spark_connect_is_summarised_where_it_is() -> None:
    reason = missing() or (None if importlib.util.find_spec("grpc") else "needs grpcio: install clv-ml[spark]")
    if reason is not None:
        pytest.skip(reason)
    done = subprocess.run(
        [sys.executable, str(ASK)], env=os.environ | SMALL, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["rows"] == [
        {"customer_id": "a", "frequency": 2, "recency": 30, "T": 40, "monetary_value": 30.0},
        {"customer_id": "b", "frequency": 0, "recency": 0, "T": 9, "monetary_value": 0.0},
    ]
    assert told["before"] == told["after"]
    assert told["before"]["spark.sql.session.timeZone"] == "America/New_York"
    assert told["again"] == [{"days": 49}]
