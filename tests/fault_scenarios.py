"""Faults other than a kill, each on the score job of the warm process: what came of it, in words a test can read.

Every scenario returns one line for each try; ``ok`` where the job ended as documented: one line, a known exit code,
the pointer as before or at a complete run, nothing left behind, and the same bytes once the fault is gone.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fault_jobs as jobs
from fault_points import Points

from clv_ml.errors import EXIT_CODES
from clv_ml.pipeline.runs import latest_run

OK = "ok"


def everything(business: jobs.Business, work: Path) -> dict[str, list[str]]:
    """Run every scenario."""
    return {
        "mlflow_down": [jobs.words(work / "undisturbed")],
        "two_at_once": two_at_once(business, work),
        "disk_full": disk_full(business, work),
        "read_only": read_only(business, work),
        "little_memory": little_memory(business, work),
        "stopped": stopped(business, work),
    }


def two_at_once(business: jobs.Business, work: Path, times: int = 10) -> list[str]:
    """Start the same job twice at once: one result, and one of the two finds it there."""
    return [_pair(business, work) for _ in range(times)]


def disk_full(business: jobs.Business, work: Path) -> list[str]:
    """Score where there is room for a part of the result only: a small file system, or small files, or both."""
    told = []
    needed = _size(work / "undisturbed") - _size(work / "begun")
    for share in (0.0, 0.4, 0.8):
        folder = work / "small"
        with _file_system(folder, work / "begun", free=int(share * needed)) as is_small:
            if is_small:
                told.append(_tried(business, work, folder, f"{share:.0%} of the room"))
    told = told or ["skipped: nobody here may mount a file system"]
    for limit in (1_000, 20_000):

        def small_files(limit: int = limit) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        jobs.copy(work / "begun", work / "limited")
        told.append(_tried(business, work, work / "limited", f"files of {limit} bytes", first=small_files))
    return told


def read_only(business: jobs.Business, work: Path) -> list[str]:
    """Score into a folder that cannot be written."""
    folder = work / "read-only"
    jobs.copy(work / "begun", folder)
    if os.geteuid() == 0:
        if not _mount("--bind", str(folder), str(folder)):
            return ["skipped: this root may not mount, and permissions do not hold it"]
        try:
            _mount("-o", "remount,bind,ro", str(folder))
            return [_tried(business, work, folder, "a read-only mount", again=False)]
        finally:
            subprocess.run(["umount", str(folder)], check=True)
    for path in (folder, *(item for item in folder.rglob("*") if item.is_dir())):
        path.chmod(0o555)
    try:
        return [_tried(business, work, folder, "a folder without write permission", again=False)]
    finally:
        for path in (folder, *(item for item in folder.rglob("*") if item.is_dir())):
            path.chmod(0o755)


def little_memory(business: jobs.Business, work: Path) -> list[str]:
    """Score with little more address space than the process has."""
    told = []
    for megabytes in (5, 60):

        def little(megabytes: int = megabytes) -> None:
            used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            limit = used + megabytes * 2**20
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

        jobs.copy(work / "begun", work / "little")
        told.append(_tried(business, work, work / "little", f"{megabytes} MB more", first=little))
    return told


def stopped(business: jobs.Business, work: Path) -> list[str]:
    """Ask the job to stop, as a scheduler or Ctrl-C does, when it is about to write."""
    told = []
    for boundary, kind in ((3, signal.SIGTERM), (9, signal.SIGINT), (15, signal.SIGTERM), (21, signal.SIGINT)):
        folder = work / "stopped"
        jobs.copy(work / "begun", folder)
        code = jobs.run(business, folder, business.days[1], first=Points([folder], boundary, kind).install)
        wrong = "" if code == 128 + kind else f"ended with {code}: {jobs.words(folder)}"
        told.append(_judged(business, work, folder, wrong, f"{kind.name} at boundary {boundary}: {code}"))
    return told


def _pair(business: jobs.Business, work: Path) -> str:
    folders = [work / "pair", work / "pair"]
    jobs.copy(work / "begun", folders[0])
    day = business.days[1]
    children = [
        jobs.start(business, folder, day, log=work / f"pair-{number}.log") for number, folder in enumerate(folders)
    ]
    codes = [jobs.finish(child) for child in children]
    logs = [(work / f"pair-{number}.log").read_text(encoding="utf-8") for number in range(2)]
    found = sum("already complete" in log for log in logs)
    if codes != [0, 0] or found != 1 or any("error" in log or "Traceback" in log for log in logs):
        return f"{codes}, {found} found it complete: {logs}"
    wrong = jobs.wrong_after_repeat(folders[0], work / "undisturbed", 0)
    return wrong or OK


def _tried(
    business: jobs.Business,
    work: Path,
    folder: Path,
    what: str,
    *,
    first: jobs.Step | None = None,
    again: bool = True,
) -> str:
    """Score once with the fault."""
    code = jobs.run(business, folder, business.days[1], first=first)
    wrong = "" if code in EXIT_CODES else f"ended with {code}"
    said = jobs.words(folder).splitlines()
    return _judged(business, work, folder, wrong, f"{what}: {code}, {said[-1] if said else ''}", again=again)


def _judged(business: jobs.Business, work: Path, folder: Path, wrong: str, what: str, *, again: bool = True) -> str:
    before = latest_run(work / "begun" / "scores")
    log = jobs.words(folder)
    if "Traceback" in log or log.count("error: ") > 1:
        wrong = f"said {log}"
    wrong = wrong or jobs.wrong_after_kill(folder, before) or jobs.leftovers(folder)
    if again and not wrong:
        if folder.is_mount():
            subprocess.run(["mount", "-o", "remount,size=1g", str(folder)], check=True)
        code = jobs.run(business, folder, business.days[1])
        wrong = jobs.wrong_after_repeat(folder, work / "undisturbed", code)
    return f"{what}: {wrong or OK}"


@contextmanager
def _file_system(folder: Path, template: Path, *, free: int) -> Iterator[bool]:
    """Mount a small file system with what the template holds and so many bytes free; False where that is forbidden."""
    folder.mkdir(exist_ok=True)
    if os.geteuid() != 0 or not _mount("-t", "tmpfs", "-o", "size=1g", "tmpfs", str(folder)):
        yield False
        return
    try:
        jobs.copy(template, folder, into=True)
        facts = os.statvfs(folder)
        used = (facts.f_blocks - facts.f_bfree) * facts.f_frsize
        _mount("-o", f"remount,size={used + max(free, 4096)}", str(folder))
        yield True
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "scores").rglob("*") if path.is_file())
