"""Whom to contact: who is left alone, what a contact costs and can earn, and how many there is room for."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from clv_ml.config.tables import Name, Section, Share

Tier = Literal["high", "medium", "low"]
Amount = Annotated[float, Field(ge=0.0)]


class ExclusionConfig(Section):
    """Who is not contacted, whatever it would earn; checked in this order, the first reason is told."""

    require_consent: bool = True
    """Only customers whose `consent` says yes, where the table of customers maps that column."""
    contacted_within_days: Annotated[int, Field(ge=0, le=3650)] = 30
    """Who was contacted in so many days before the list is left in peace; 0: nobody is."""
    silent_too_long: bool = True
    """Who neither bought nor was active in `risk.eligible_days` has left already; a call is no retention."""
    minimum_value: float = 0.0
    """Smallest value if retained, in currency, that is worth a contact."""


class ControlConfig(Section):
    """Who is held back to see what happens without a contact."""

    share: Annotated[float, Field(ge=0.0, le=0.9)] = 0.10
    """Share of every value tier; 0: nobody, and nobody will know whether contacting helped."""
    experiment: Annotated[str, Field(min_length=1, max_length=200)] = "retention"
    """Name of the campaign: a new name draws new arms, the same name keeps everybody's."""
    key_env: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")] = "CLV_ML_EXPERIMENT_KEY"
    """Environment variable with the secret of the draw. Without it the draw is fixed by the name alone, and anybody
    who knows the name can work out who is in control."""


class Economics(Section):
    """What a contact costs, and what it can earn; assumptions until `clv-ml measure` has measured them."""

    save_rate: Share = 0.30
    """Share of those about to leave who stay because of a contact."""
    take_up: Share = 1.0
    """Share of those who would have stayed anyway and take the offer all the same."""
    offer_cost: Amount = 0.0
    """What the offer costs when it is taken, in currency, such as a discount; 0: a contact without an offer."""
    contact_cost: Amount = 1.0
    """What a contact costs, answered or not, in currency."""


class SegmentEconomics(Section):
    """What is different for some customers; what is not given is as for everybody."""

    when: Annotated[dict[Name, str | float | bool | tuple[str | float | bool, ...]], Field(min_length=1)]
    """value_tier, risk_band or an attribute of the table of customers, and the value or values it must have."""
    save_rate: Share | None = None
    """Share of those about to leave who stay because of a contact."""
    take_up: Share | None = None
    """Share of those who would have stayed anyway and take the offer all the same."""
    offer_cost: Amount | None = None
    """What the offer costs when it is taken, in currency."""
    contact_cost: Amount | None = None
    """What a contact costs, in currency."""


class ActionRule(Section):
    """What to do with customers whose first reason and value tier fit; empty fits all."""

    action: Annotated[str, Field(min_length=1, max_length=300)]
    """A code of :mod:`clv_ml.decisions.actions`, or what to do in your own words."""
    reasons: tuple[Name, ...] = ()
    """Codes of reasons."""
    tiers: tuple[Tier, ...] = ()
    """Value tiers."""
    bands: tuple[Literal["very high", "high", "medium", "low"], ...] = ()
    """Bands of P(churn)."""


class RiskConfig(Section):
    """Who is on the risk list, in what order, and what to do."""

    high_value_share: Annotated[float, Field(gt=0.0, le=1.0)] = 0.20
    """Share of customers, by expected CLV, in the value tier `high`; twice as many are `medium`."""
    list_share: Annotated[float, Field(gt=0.0, le=1.0)] = 0.20
    """Share of customers, by expected profit of a contact, that the list tells of even where they are not contacted."""
    list_rows: Annotated[int, Field(ge=0)] = 20_000
    """Most customers that the list tells of so; those to contact and in control are on it, however many they are, and
    everybody is in scores.parquet."""
    capacity: Annotated[int, Field(ge=0)] | None = None
    """How many customers can be contacted before valid_until; everybody who pays where None."""
    eligible_days: Annotated[int, Field(ge=1)] = 180
    """Who bought or was active in so many days is still there to be lost; scores are judged on these apart."""
    valid_days: Annotated[int, Field(ge=1)] = 7
    """Days until the list must be refreshed."""
    exclude: ExclusionConfig = ExclusionConfig()
    control: ControlConfig = ControlConfig()
    economics: Economics = Economics()
    segments: tuple[SegmentEconomics, ...] = ()
    """The first that fits a customer counts."""
    actions: tuple[ActionRule, ...] = ()
    """Rules tried before the built-in ones, in this order."""

    @model_validator(mode="after")
    def _segments_say_something(self) -> Self:
        for segment in self.segments:
            if not segment.model_dump(exclude={"when"}, exclude_none=True):
                raise ValueError(f"segment {segment.when} changes nothing; give a save rate, take-up or cost")
        return self
