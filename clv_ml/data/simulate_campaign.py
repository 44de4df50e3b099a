"""Campaigns whose effect is known: customers contacted or held back by lot, and what they then do."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv_ml.errors import ConfigError

Floats = npt.NDArray[np.float64]
TIERS = ("high", "medium", "low")


@dataclass(frozen=True)
class CampaignScenario:
    """What is true of the customers of a list, by value tier (high, medium, low).

    Attributes
    ----------
    customers
        On the list, control included.
    kept
        Share that buys within the window when left alone.
    effect
        What a contact adds to it; below 0 where contacts drive customers away.
    spend, tail
        Median spend of those who buy, and the standard deviation of its logarithm: 0.5 even, 1.5 very long.
    spend_factor
        What a contact makes of the spend of those who buy.
    control_share
        Of every tier.
    reached
        Share of those listed to contact who are contacted; the others are as if in control.
    """

    customers: tuple[int, int, int] = (200, 400, 400)
    kept: tuple[float, float, float] = (0.5, 0.4, 0.3)
    effect: tuple[float, float, float] = (0.0, 0.0, 0.0)
    spend: tuple[float, float, float] = (150.0, 55.0, 33.0)
    tail: float = 1.0
    spend_factor: float = 1.0
    control_share: float = 0.10
    reached: float = 1.0

    def __post_init__(self) -> None:
        treated = np.add(self.kept, self.effect)
        if np.min([*self.kept, *treated]) < 0 or np.max([*self.kept, *treated]) > 1:
            raise ConfigError(f"kept {self.kept} and kept + effect {tuple(treated)} must lie between 0 and 1")
        if not (0 < self.control_share < 1 and 0 <= self.reached <= 1):
            raise ConfigError(
                f"control_share must lie inside (0, 1) and reached in [0, 1], got {self.control_share}, {self.reached}"
            )

    def with_no_effect(self) -> CampaignScenario:
        """Return the same customers where a contact changes nothing."""
        return replace(self, effect=(0.0, 0.0, 0.0), spend_factor=1.0)

    def kept_effects(self) -> Floats:
        """Effect on the share kept of being listed to contact, by tier."""
        return np.asarray(self.reached * np.array(self.effect))

    def spend_effects(self) -> Floats:
        """Effect on the mean spend of being listed to contact, by tier."""
        mean = np.array(self.spend) * np.exp(self.tail**2 / 2)
        alone, treated = np.array(self.kept), np.add(self.kept, self.effect)
        return np.asarray(self.reached * mean * (treated * self.spend_factor - alone))


@dataclass(frozen=True)
class Campaigns:
    """Simulated campaigns: one row a campaign, one column a customer, but for `tier`, which all campaigns share.

    Attributes
    ----------
    tier
        Position in :data:`TIERS`, shape (customers,).
    treated, contacted
        Listed to contact rather than control; and reached, shape (campaigns, customers).
    kept, spend
        What the customers did within the window.
    kept_effect, spend_effect
        The truth for the customers who were listed to contact, shape (campaigns,).
    """

    tier: npt.NDArray[np.intp]
    treated: npt.NDArray[np.bool_]
    contacted: npt.NDArray[np.bool_]
    kept: npt.NDArray[np.bool_]
    spend: Floats
    kept_effect: Floats
    spend_effect: Floats

    @property
    def cell(self) -> npt.NDArray[np.intp]:
        """Twice the tier, plus 1 for the treated."""
        return np.asarray(2 * self.tier + self.treated, dtype=np.intp)

    def frame(self, campaign: int) -> pd.DataFrame:
        """Return one campaign as a table: customer_id, value_tier, is_control, contacted, kept, spend."""
        ids = [f"c{number:07d}" for number in range(len(self.tier))]
        return pd.DataFrame(
            {
                "value_tier": np.array(TIERS)[self.tier],
                "is_control": ~self.treated[campaign],
                "contacted": self.contacted[campaign],
                "kept": self.kept[campaign],
                "spend": self.spend[campaign],
            },
            index=pd.Index(ids, name="customer_id"),
        )


def simulate_campaigns(scenario: CampaignScenario, *, campaigns: int = 1, seed: int = 42) -> Campaigns:
    """Draw campaigns, each with customers, arms and outcomes of its own.

    Examples
    --------
    >>> drawn = simulate_campaigns(CampaignScenario(effect=(0.1, 0.1, 0.1)), campaigns=500)
    >>> drawn.kept.shape
    (500, 1000)
    """
    rng = np.random.default_rng(seed)
    tier = np.repeat(np.arange(3), scenario.customers)
    shape = (campaigns, len(tier))
    treated = rng.random(shape) >= scenario.control_share
    contacted = treated & (rng.random(shape) < scenario.reached)
    chance = np.array(scenario.kept)[tier] + np.array(scenario.effect)[tier] * contacted
    kept = rng.random(shape) < chance
    amount = np.array(scenario.spend)[tier] * np.exp(scenario.tail * rng.standard_normal(shape))
    spend = np.where(kept, amount * np.where(contacted, scenario.spend_factor, 1.0), 0.0)
    listed = np.stack([treated[:, tier == number].sum(axis=1) for number in range(3)], axis=1)
    weight = listed / listed.sum(axis=1, keepdims=True)
    kept_effect, spend_effect = weight @ scenario.kept_effects(), weight @ scenario.spend_effects()
    return Campaigns(tier, treated, contacted, kept, spend, kept_effect, spend_effect)
