"""A standalone Spark on loopback: a master and workers, each a process of its own that can be killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from spark.conftest import QUICK

_MASTER, _WORKER = "org.apache.spark.deploy.master.Master", "org.apache.spark.deploy.worker.Worker"


@dataclass(frozen=True)
class Standalone:
    """A running cluster: its address, and its workers, each with its executors in a process group of its own."""

    address: str
    workers: tuple[subprocess.Popen[bytes], ...]


@contextmanager
def standalone(folder: Path, *, workers: int) -> Iterator[Standalone]:
    """Start a master and workers of one core each, and end them."""
    port = _free_port()
    address = f"spark://127.0.0.1:{port}"
    started = [_start(folder, "master", _MASTER, "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0")]
    try:
        _wait(folder / "master.log", "New state: ALIVE", 1)
        for number in range(workers):
            asked = ("--cores", "1", "--memory", "900m", "--webui-port", "0", "--work-dir", str(folder / "work"))
            started.append(_start(folder, f"worker{number}", _WORKER, "--host", "127.0.0.1", *asked, address))
        _wait(folder / "master.log", "Registering worker", workers)
        yield Standalone(address, tuple(started[1:]))
    finally:
        for process in started:
            kill(process.pid)
            process.wait()


def kill(pid: int) -> None:
    """Kill a process that leads a group, and the group: of a worker, its executors too."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def environment() -> dict[str, str]:
    """Return the environment of everything here: loopback only, small, and this Python."""
    given = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "200m", "SPARK_DAEMON_JAVA_OPTS": QUICK}
    return {**os.environ, **given, "PYSPARK_PYTHON": sys.executable}


def _start(folder: Path, name: str, *command: str) -> subprocess.Popen[bytes]:
    import pyspark

    launcher = Path(pyspark.__file__).parent / "bin" / "spark-class"
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [str(launcher), *command],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**environment(), "SPARK_LOCAL_DIRS": str(folder)},
            cwd=folder,
            start_new_session=True,
        )


def _wait(log: Path, line: str, times: int, seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while log.read_text(errors="replace").count(line) < times:
        if time.monotonic() > end:
            raise TimeoutError(f"no {times} x {line!r} within {seconds} s: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
