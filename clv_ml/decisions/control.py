"""Who is held back, so that one can see afterwards what a contact changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

_PERSON = b"clv_ml control"  # at most 16 bytes; keeps this use of a key apart from any other
_RANGE = 2.0**64


def control_arm(customer_ids: Iterable[str], *, experiment: str, share: float, secret: str = "") -> NDArray[np.bool_]:
    """Tell for each customer whether they are in control, by a keyed hash of experiment and customer.

    The draw of a customer depends on nothing else, so that it stays the same from list to list whatever becomes of
    the customer's score, tier or neighbours, and each value tier holds the share up to chance. A larger share keeps
    everybody who was in control and adds others.

    Parameters
    ----------
    share
        Expected share in control, from 0 to 1.
    secret
        Key of the hash (BLAKE2b); without it anybody who knows the experiment can work out the arms.

    Examples
    --------
    >>> control_arm(["a", "b", "c"], experiment="spring", share=0.0).tolist()
    [False, False, False]
    >>> control_arm(["a", "b", "c"], experiment="spring", share=1.0).tolist()
    [True, True, True]
    """
    key = hashlib.sha256(secret.encode()).digest() if secret else b""
    start = hashlib.blake2b(f"{len(experiment)}:{experiment}:".encode(), digest_size=8, key=key, person=_PERSON)

    drawn = []
    for customer in _as_bytes(pd.Index(customer_ids)):
        hashed = start.copy()
        hashed.update(customer)
        drawn.append(hashed.digest())
    draws = np.frombuffer(b"".join(drawn), dtype=">u8")
    return np.asarray(draws.astype(np.uint64) / _RANGE < share)


def _as_bytes(customer_ids: pd.Index[Any]) -> list[bytes]:
    """Return ids in UTF-8; those in Arrow are, and to take a million of them out one by one takes a second."""
    if isinstance(customer_ids.dtype, pd.StringDtype):
        texts = pa.chunked_array([pa.array(customer_ids)])
        named: list[bytes] = texts.cast(pa.large_binary()).to_numpy().tolist()
        return named
    return [str(name).encode("utf-8", "surrogatepass") for name in customer_ids]


def secret_print(secret: str) -> str:
    """Return a digest that changes with the secret and does not tell it."""
    if not secret:
        return ""
    return hashlib.blake2b(b"print", digest_size=8, key=hashlib.sha256(secret.encode()).digest()).hexdigest()
