"""Features whose direction is known before any data are seen."""

from __future__ import annotations

from collections.abc import Sequence

# +1: the higher, the likelier to stay away. Not model_p_alive: the BG/NBD gives 1 to everybody who bought once.
KNOWN_SIGNS = {
    "days_since_last": 1,
    "days_since_activity": 1,
    "model_p_no_purchase": 1,
    "model_expected_purchases": -1,
    **{f"{measure}_last_{days}d": -1 for measure in ("active_days", "sessions") for days in (7, 14, 30)},
}


def known_signs(features: Sequence[str]) -> tuple[int, ...]:
    """Return +1, -1 or 0 (not known) for each feature."""
    return tuple(KNOWN_SIGNS.get(name, 0) for name in features)
