"""The files of a bundle, read as what they may be: one manifest of plain JSON and the texts it names, nothing else."""

from __future__ import annotations

import hashlib
import json
import math
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from clv_ml.errors import BundleError, ModelNotFoundError

MANIFEST: Final = "bundle.json"
MOST_MANIFEST_BYTES: Final = 32 * 1024 * 1024
MOST_TEXT_BYTES: Final = 256 * 1024 * 1024
_MOST_DIGITS = 300  # of a number; the longest float that JSON needs has 24
_PICKLE = b"\x80"  # first byte of every pickle since protocol 2


def manifest_text(manifest: Mapping[str, Any]) -> str:
    """Return the one spelling of a manifest: another spelling of the same values counts as edited."""
    return json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False) + "\n"


def checksum(manifest: Mapping[str, Any]) -> str:
    """Digest of everything in a manifest but the checksum itself."""
    content = {key: value for key, value in manifest.items() if key != "checksum"}
    return sha256(json.dumps(content, sort_keys=True).encode())


def sha256(content: bytes) -> str:
    """Digest of bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def read_manifest(folder: Path) -> tuple[dict[str, Any], bytes]:
    """Read the manifest of a folder as JSON objects, and as the bytes it has.

    Raises
    ------
    ModelNotFoundError
        If there is none.
    BundleError
        If it is a link out of the folder, too large, or not plain JSON.
    """
    path = folder / MANIFEST
    try:
        path.lstat()
    except OSError as error:
        raise ModelNotFoundError(f"no model bundle at {folder}: {MANIFEST} cannot be read; train one first") from error
    content = _read(path, MOST_MANIFEST_BYTES)
    try:
        manifest = json.loads(
            content.decode(),
            object_pairs_hook=_unique,
            parse_constant=_refused,
            parse_float=_finite,
            parse_int=_integer,
        )
    except RecursionError as error:
        raise BundleError(f"{path}: not a model bundle (nested too deeply)") from error
    except ValueError as error:  # no JSON, or no UTF-8
        raise BundleError(f"{path}: not a model bundle ({_shown(content, error)})") from error
    if not isinstance(manifest, dict):
        raise BundleError(f"{path}: not a model bundle (holds no JSON object)")
    return manifest, content


def read_texts(folder: Path, digests: Mapping[str, str]) -> dict[str, str]:
    """Read the files that a manifest names, after their checksums, and see that there are no others.

    Raises
    ------
    BundleError
        The message names the file and what is wrong with it.
    """
    for name in digests:
        if Path(name).name != name or "\0" in name:
            raise BundleError(f"{folder}: file name {name!r} leaves the bundle")
    strangers = sorted(path.name for path in folder.iterdir() if path.name not in (MANIFEST, *digests))
    if strangers:
        raise BundleError(
            f"{folder / strangers[0]}: not part of the bundle ({len(strangers)} such); a bundle is {MANIFEST} and the "
            "texts it names, and nothing else is ever loaded: remove it, or train again"
        )
    return {name: _read_text(folder / name, digest) for name, digest in sorted(digests.items())}


def _read_text(path: Path, digest: str) -> str:
    content = _read(path, MOST_TEXT_BYTES)
    if sha256(content) != digest:
        raise BundleError(f"{path}: checksum differs from {MANIFEST}; the bundle was edited or damaged")
    try:
        return content.decode()
    except ValueError as error:
        raise BundleError(f"{path}: no text ({_shown(content, error)})") from error


def _read(path: Path, most: int) -> bytes:
    """Read a plain file of the folder it stands in, up to a size."""
    try:
        found = path.stat()
        if path.resolve().parent != path.parent.resolve():
            raise BundleError(f"{path}: a link that leaves the bundle")
        if not stat.S_ISREG(found.st_mode):
            raise BundleError(f"{path}: not a file")
        if found.st_size > most:
            raise BundleError(f"{path}: {found.st_size:,} bytes; no bundle has more than {most:,} there")
        with path.open("rb") as file:
            return file.read(most)
    except FileNotFoundError as error:
        raise BundleError(f"{path}: missing from the bundle") from error
    except (OSError, RuntimeError) as error:  # RuntimeError: a link to itself, before Python 3.13
        raise BundleError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _shown(content: bytes, error: ValueError) -> str:
    pickled = content[:1] == _PICKLE
    return "a pickle, which is code: clv_ml never loads one" if pickled else " ".join(str(error).split())[:200]


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = sorted({key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1})
        raise ValueError(f"{twice[0][:60]!r} stands there twice")
    return found


def _refused(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text) if len(text) <= _MOST_DIGITS else math.inf
    if not math.isfinite(number):
        raise ValueError(f"{text[:60]} is out of range")
    return number


def _integer(text: str) -> int:
    if len(text) > 19:  # 64 bits
        raise ValueError(f"{text[:60]} is out of range")
    return int(text)
