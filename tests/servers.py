"""An MLflow server and a PostgreSQL database on the loopback, started and stopped by the tests."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

_WAIT_SECONDS = 180


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class MlflowServer:
    """A running server, and how it dies."""

    address: str
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End the server and its workers at once, as a crash would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)


@contextmanager
def mlflow_server(folder: Path, port: int, *, backend: str | None = None) -> Iterator["MlflowServer"]:
    """Serve a store in the folder, or in the database `backend`; the server dies with the block, whatever happens."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", backend or f"sqlite:///{folder / 'server.db'}"),
        *("--artifacts-destination", str(folder / "artifacts")),
    ]
    environment = os.environ | {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        # no second process for background jobs
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "PYTHONWARNINGS": "ignore",
    }
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_healthy(f"{address}/health", process, folder / "server.log")
        yield MlflowServer(address, process)
    finally:
        MlflowServer("", process).kill()


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.2)
    pytest.fail(f"the MLflow server did not start:\n{log.read_text(errors='replace')[-3000:]}")


@contextmanager
def postgres() -> Iterator[str]:
    """Run a fresh database cluster and yield its SQLAlchemy address; skip where PostgreSQL is not installed."""
    binaries = _postgres_binaries()
    user = _unprivileged()
    # a path short enough for a socket, in a folder that the other user may enter
    base = Path(tempfile.mkdtemp(prefix="clv_ml_pg_", dir="/tmp"))
    try:
        if user is not None:
            os.chown(base, user, -1)
        data, port = base / "data", free_port()
        _run([binaries / "initdb", "-D", data, "-U", "mlflow", "-A", "trust", "--no-sync", "-E", "UTF8"], user)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={base} -c fsync=off"
        control = [binaries / "pg_ctl", "-D", data, "-w", "-t", str(_WAIT_SECONDS)]
        _run([*control, "-l", base / "log", "-o", options, "start"], user)
        try:
            yield f"postgresql://mlflow:secret@127.0.0.1:{port}/postgres"
        finally:
            _run([*control, "-m", "immediate", "stop"], user)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _postgres_binaries() -> Path:
    places = [Path(found).parent for found in [shutil.which("initdb")] if found]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for place in places:
        if (place / "initdb").exists() and (place / "pg_ctl").exists():
            return place
    pytest.skip("needs PostgreSQL's initdb and pg_ctl: install the package postgresql")


def _unprivileged() -> int | None:
    """A user to run as where this is root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_uid
    pytest.skip("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")


def _run(command: Sequence[object], user: int | None) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        user=user,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=2 * _WAIT_SECONDS,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{command[0]} failed: {done.stderr.decode(errors='replace')[-2000:]}")
