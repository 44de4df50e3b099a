"""Results on disk: written aside, checked, marked complete, moved into place, and only then pointed to."""

from clv_ml.publishing.files import digest, json_text, write_csv, write_json, write_parquet
from clv_ml.publishing.leftovers import aside_of, clean, host_name, remove
from clv_ml.publishing.lock import LOCK, locked, try_lock
from clv_ml.publishing.placing import exchange, place, point_to, publish
from clv_ml.publishing.seal import SUCCESS, TIMINGS, damage, is_complete, seal

__all__ = [
    "LOCK",
    "SUCCESS",
    "TIMINGS",
    "aside_of",
    "clean",
    "damage",
    "digest",
    "exchange",
    "host_name",
    "is_complete",
    "json_text",
    "locked",
    "place",
    "point_to",
    "publish",
    "remove",
    "seal",
    "try_lock",
    "write_csv",
    "write_json",
    "write_parquet",
]
