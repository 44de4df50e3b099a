# ruff: noqa: T201  (the table is printed)
"""How often the intervals of campaigns with a known effect hold it, over many kinds of campaigns.

Run: ``python tests/benchmarks/bench_campaigns.py [campaigns]``
"""

from __future__ import annotations

import sys
import time

from clv_ml.data.simulate_campaign import CampaignScenario
from clv_ml.errors import DataError
from clv_ml.evaluation.campaign_coverage import coverage

SCENARIOS = {
    "no effect": CampaignScenario(),
    "helps 8 points": CampaignScenario(effect=(0.08, 0.08, 0.08)),
    "harms 6 points": CampaignScenario(effect=(-0.06, -0.06, -0.06)),
    "by tier +15 +5 -3": CampaignScenario(effect=(0.15, 0.05, -0.03)),
    "4 of 10 reached": CampaignScenario(effect=(0.2, 0.15, 0.1), reached=0.4),
    "half in control": CampaignScenario(effect=(0.1, 0.05, 0.05), control_share=0.5),
    "control of 60": CampaignScenario(customers=(60, 120, 120), effect=(0.1, 0.1, 0.1), control_share=0.2),
    "control of 500": CampaignScenario(customers=(1000, 2000, 2000), effect=(0.03, 0.03, 0.03)),
    "rare: 6, 4, 3 % kept": CampaignScenario(kept=(0.06, 0.04, 0.03), effect=(0.02, 0.02, 0.02)),
    "nearly all kept": CampaignScenario(kept=(0.97, 0.95, 0.9), effect=(0.01, 0.01, 0.01)),
    "long tail": CampaignScenario(effect=(0.05, 0.05, 0.05), tail=1.5),
    "very long tail": CampaignScenario(effect=(0.05, 0.05, 0.05), tail=2.0),
    "spend a fifth up": CampaignScenario(spend_factor=1.2),
    "spend a fifth down": CampaignScenario(spend_factor=0.8),
    "spend two fifths down": CampaignScenario(spend_factor=0.6),
}


def main(campaigns: int) -> None:
    """Print a line a scenario and measure."""
    print(f"{campaigns} campaigns each")
    print(f"{'scenario':24}{'measure':>8}{'covered':>9}{'false success':>15}{'found':>8}{'width':>10}{'seconds':>9}")
    for name, scenario in SCENARIOS.items():
        start = time.perf_counter()
        try:
            table = coverage(scenario, campaigns=campaigns, seed=2024)
        except DataError as error:
            print(f"{name:24}{error}")
            continue
        seconds = time.perf_counter() - start
        for row in table.to_dict("records"):
            print(
                f"{name:24}{row['measure']:>8}{row['covered']:>9.3f}{row['false_success']:>15.3f}{row['found']:>8.3f}"
                f"{row['width']:>10.3f}{seconds:>9.1f}"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
