"""The one place that imports LightGBM."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import re
import tempfile
from pathlib import Path
from types import ModuleType

from clv_ml.errors import ClvError

_OPENMP = "libgomp.so.1"


def lightgbm() -> ModuleType:
    """Import LightGBM, lending it an OpenMP library on machines that have none.

    LightGBM's wheel expects the system's libgomp, which slim systems lack; scikit-learn's wheel brings its
    own copy of the same library under another name.

    Raises
    ------
    ClvError
        If LightGBM cannot be loaded; the message says what to install.
    """
    # waiting threads that spin make training four times slower as soon as the machine has other work;
    # OpenMP reads this once, when it is loaded
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        return importlib.import_module("lightgbm")
    except OSError as error:
        if _OPENMP not in str(error) or not _lend_openmp():
            raise ClvError(f"LightGBM cannot be loaded: {error}; install libgomp1 (Debian) or libgomp") from error
    return importlib.import_module("lightgbm")


def _lend_openmp() -> bool:
    """Load scikit-learn's copy of libgomp under the name LightGBM asks for."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None or spec.origin is None:
        return False
    bundled = sorted((Path(spec.origin).parent.parent / "scikit_learn.libs").glob("libgomp*.so*"))
    if not bundled:
        return False
    library = bundled[0].read_bytes()
    # the loader matches a needed library by the name written inside the file (its SONAME)
    renamed = re.sub(
        re.escape(bundled[0].name.encode()) + b"\0",
        lambda found: _OPENMP.encode().ljust(len(found.group()), b"\0"),
        library,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _OPENMP
        path.write_bytes(renamed)
        ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
    return True
