"""What the economics of cohorts are told by: groups, windows, what a customer cost, scenarios and alerts."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from clv_ml.config.files import Name, Section, Share

Amount = Annotated[float, Field(ge=0.0)]
Days = Annotated[int, Field(ge=1, le=3650)]
ALL, MONTH, VALUE_QUARTILE = "all", "month", "value_quartile"
FIRST = "first_"
_MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"


class AcquisitionCost(Section):
    """What it cost to win some customers: each of them, or all of them together."""

    channel: str | None = None
    """Value of the attribute `cohorts.channel` they must have; any where None."""
    month: Annotated[str, Field(pattern=_MONTH)] | None = None
    """Month in which they came (signup, else first purchase), such as "2023-04"; any where None."""
    per_customer: Amount | None = None
    """Cost of each, in currency."""
    total: Amount | None = None
    """Cost of all together, in currency, shared equally by all who came, those who have not bought included."""

    @model_validator(mode="after")
    def _is_one_cost(self) -> Self:
        if (self.per_customer is None) == (self.total is None):
            raise ValueError("give either `per_customer` or `total`")
        return self


class Scenario(Section):
    """What if: a world in which some things are different from the forecast."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    """What the report calls it."""
    churn_change: Annotated[float, Field(ge=-1.0, le=10.0)] = 0.0
    """Relative change of churn: -0.10 is ten percent fewer who leave."""
    order_value_change: Annotated[float, Field(ge=-1.0, le=10.0)] = 0.0
    """Relative change of what an order is worth: 0.05 is five percent more."""
    save_rate: Share = 0.0
    """Share of those about to leave who are made to stay."""


class CohortAlerts(Section):
    """When a figure of a cohort is worth an alert; cohorts below `cohorts.min_customers` never alert."""

    ltv_cac_below: Amount | None = 1.0
    """Value over acquisition cost below which winning customers loses money; no alert where None."""
    payback_days: Days | None = 365
    """Days within which a cohort must have paid back; no alert where None."""
    churn_points: Annotated[float, Field(gt=0.0, le=100.0)] = 5.0
    """Percentage points by which churn may be above the cohort's own, beyond chance."""
    engagement_points: Annotated[float, Field(gt=0.0, le=100.0)] = 5.0
    """Points (of 100) by which the mean engagement score may fall below the cohort's own baseline, beyond chance."""
    retention_points: Annotated[float, Field(gt=0.0, le=100.0)] = 5.0
    """Percentage points by which a cohort's retention may be below that of the cohorts before it at the same age."""


class CohortsConfig(Section):
    """Which cohorts `clv-ml cohorts` tells of, and what their value is held against."""

    by: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    """month (of the first purchase), value_quartile (of what the first purchase day was worth, Q1 the lowest),
    a category of the table of customers, or first_<column>: a column of the transactions as it was in the first order,
    such as first_product. Where None: month, every category, value_quartile, and first_product, first_category,
    first_promotion and first_discount as far as the columns are mapped. Everybody together is always told of."""
    discounts: tuple[Name, ...] = ("discount",)
    """Columns of the transactions that hold a discount as a number: their cohorts are with and without one."""
    max_cohorts: Annotated[int, Field(ge=1, le=500)] = 20
    """Largest cohorts of a dimension that are told apart, months excepted; the others are together in `other`."""
    min_customers: Annotated[int, Field(ge=1)] = 30
    """Cohorts with fewer customers are told, marked as small, and never alert or win."""
    window_days: Annotated[tuple[Days, ...], Field(min_length=1)] = (30, 90, 180)
    """Windows of simple value formulas, and of what a customer bought first."""
    max_ages: Annotated[int, Field(ge=1, le=240)] = 24
    """Ages, in steps of 30 days after the first purchase, that curves show at most."""
    channel: Name | None = None
    """Category that says how a customer was won. Where None: acquisition_channel, or else channel, if there is one."""
    acquisition_costs: tuple[AcquisitionCost, ...] = ()
    """Declared costs; the first that fits a customer counts. A number acquisition_cost in the table of customers
    goes before."""
    retention_cost: Amount = 0.0
    """What keeping a customer costs a year, in currency."""
    ltv_cac_target: Annotated[float, Field(gt=0.0)] = 3.0
    """Value a customer should have for each unit of acquisition cost."""
    compare_days: Annotated[int, Field(ge=1, le=366)] = 7
    """Days back that the headline figures are compared with."""
    false_discovery_rate: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.10
    """Of the differences between cohorts that are called notable, the share that may be chance on average."""
    scenarios: tuple[Scenario, ...] = (
        Scenario(name="churn falls by 10 %", churn_change=-0.10),
        Scenario(name="orders worth 5 % more", order_value_change=0.05),
        Scenario(name="a campaign saves 20 %", save_rate=0.20),
    )
    """Worlds that the report tells of beside the forecast."""
    alerts: CohortAlerts = CohortAlerts()

    @model_validator(mode="after")
    def _is_unambiguous(self) -> Self:
        if list(self.window_days) != sorted(set(self.window_days)):
            raise ValueError("window_days must ascend without repeats")
        if self.by is not None and (ALL in self.by or len(set(self.by)) < len(self.by)):
            raise ValueError(f"`by` names a dimension twice, or {ALL!r}, which is always told of")
        names = [scenario.name for scenario in self.scenarios]
        if len(set(names)) < len(names):
            raise ValueError("two scenarios have one name")
        return self
