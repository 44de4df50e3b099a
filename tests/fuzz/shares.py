"""How the inputs are shared out among the targets; kept apart from them, as it needs nothing installed."""

from collections.abc import Mapping

# of a hundred inputs; reading and checking whole tables takes most of a second each
SHARES: Mapping[str, float] = {
    "config_yaml": 12,
    "config_overrides": 20,
    "bundle_raw": 10,
    "bundle_manifest": 20,
    "bundle_trees": 22,
    "csv_records": 10,
    "csv_bytes": 4,
    "parquet_bytes": 1.6,
    "whole_read": 0.4,
}
