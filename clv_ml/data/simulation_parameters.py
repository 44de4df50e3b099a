"""The population that a simulation draws from: a frozen set of known numbers."""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from clv_ml.errors import ConfigError

# Who is simulated is written with this many digits.
MAX_CUSTOMERS = 100_000_000
_POSITIVE = (
    *("r", "alpha", "a", "b", "spend_p", "spend_v"),
    *("first_purchase_days", "visits_shape", "visits_per_day", "minutes_per_visit", "fade_days"),
)
_SHARES = ("visits_left", "buys_at_signup")
# Above this a mistake is likelier than a business, and a customer's rows fill the memory.
_MOST_A_DAY = 100.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class SimulationParameters:
    """Known truth about a population; times in days, money in currency units.

    Raises
    ------
    ConfigError
        If a number is out of range; the message names it, its value and what is allowed.

    Examples
    --------
    >>> SimulationParameters().with_values(["fade_days=14"]).fade_days
    14.0
    """

    start: dt.date = dt.date(2024, 1, 1)
    """First day; customers sign up evenly over all days."""
    days: int = 540
    r: float = 0.7
    """Purchases: rate lambda ~ Gamma(r, alpha) a day, from the first purchase on."""
    alpha: float = 30.0
    a: float = 0.8
    """Departures: after each purchase but the first, for good, with chance p ~ Beta(a, b)."""
    b: float = 2.5
    spend_p: float = 6.25
    """Spend of a purchase ~ Gamma(p, nu) with nu ~ Gamma(q, v): Gamma-Gamma."""
    spend_q: float = 3.74
    spend_v: float = 15.44
    buys_at_signup: float = 0.5
    """Share of customers who buy the moment they sign up."""
    first_purchase_days: float = 120.0
    """Days until the first purchase of the others, were they all equal: the mean of an exponential distribution;
    where engagement informs, their rate is proportional to their own rate of visits."""
    visits_shape: float = 1.5
    """Visits: rate mu ~ Gamma with this shape and the mean `visits_per_day`."""
    visits_per_day: float = 0.04
    minutes_per_visit: float = 12.0
    lessons_per_visit: float = 0.5
    email_every_days: float = 60.0
    """A newsletter to everybody who signed up, dead or alive."""
    email_open_share: float = 0.35
    """Chance of an open within a day, for a customer with usual activity."""
    fade_days: float = 30.0
    """Visits and opens fade over so many days before the last purchase of a customer who leaves with it."""
    visits_left: float = 0.15
    """Share of the usual visits and opens that is left afterwards."""
    informative: bool = True
    """Whether visits and opens know of departures and first purchases at all."""

    def __post_init__(self) -> None:
        for name in _POSITIVE:
            _require(self, name, getattr(self, name) > 0, "above 0")
        for name in _SHARES:
            _require(self, name, 0 <= getattr(self, name) <= 1, "from 0 to 1")
        _require(self, "spend_q", self.spend_q > 1, "above 1, or mean spend is infinite")
        _require(self, "email_open_share", 0 <= self.email_open_share < 1, "from 0 to below 1")
        _require(self, "visits_per_day", self.visits_per_day <= _MOST_A_DAY, f"at most {_MOST_A_DAY:g}")
        rate = f"such that r / alpha, the purchases a day, are at most {_MOST_A_DAY:g}"
        _require(self, "alpha", self.r / self.alpha <= _MOST_A_DAY, rate)
        _require(self, "lessons_per_visit", self.lessons_per_visit >= 0, "0 or more")
        _require(self, "email_every_days", self.email_every_days > 1, "above 1, the days in which an e-mail is opened")
        _require(self, "days", isinstance(self.days, int) and 2 <= self.days <= 36500, "a whole number from 2 to 36500")

    @property
    def left(self) -> float:
        """Share of the usual activity that is left after a departure; 1 where engagement is uninformative."""
        return self.visits_left if self.informative else 1.0

    @property
    def end(self) -> dt.date:
        """Last simulated day."""
        return self.start + dt.timedelta(days=self.days - 1)

    @property
    def started_at(self) -> dt.datetime:
        """The moment from which days are counted."""
        return dt.datetime.combine(self.start, dt.time())

    def days_until_end_of(self, day: dt.date) -> float:
        """Days from the start to midnight after a day."""
        return float((day - self.start).days + 1)

    def to_json(self, path: Path) -> None:
        """Write every number."""
        path.write_text(json.dumps(dataclasses.asdict(self), indent=1, default=str) + "\n", encoding="utf-8")

    @classmethod
    def from_json(cls, path: Path) -> Self:
        """Read what :meth:`to_json` wrote."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return cls(**content | {"start": dt.date.fromisoformat(content["start"])})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{path}: cannot be read as parameters of a simulation: {error}") from error

    def with_values(self, overrides: Sequence[str]) -> Self:
        """Apply ``name=number`` overrides."""
        changed: dict[str, Any] = {}
        for override in overrides:
            name, equals, text = override.partition("=")
            if not equals:
                raise ConfigError(f"--set {override}: must look like name=value")
            changed[name.strip()] = _parsed(name.strip(), text.strip())
        return dataclasses.replace(self, **changed)


def _require(parameters: SimulationParameters, name: str, holds: bool, allowed: str) -> None:
    value = getattr(parameters, name)
    if not holds or not math.isfinite(value):
        raise ConfigError(f"simulation: {name} is {value}; it must be {allowed}")


def _parsed(name: str, text: str) -> Any:
    defaults = {field.name: field.default for field in dataclasses.fields(SimulationParameters)}
    if name not in defaults:
        close = difflib.get_close_matches(name, defaults, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known names: {', '.join(defaults)}"
        raise ConfigError(f"--set {name}={text}: unknown name; {hint}")
    try:
        if isinstance(defaults[name], bool):
            return {"true": True, "false": False}[text.lower()]
        if isinstance(defaults[name], dt.date):
            return dt.date.fromisoformat(text)
        return int(text) if isinstance(defaults[name], int) else float(text)
    except (KeyError, ValueError) as error:
        kind = type(defaults[name]).__name__
        raise ConfigError(f"--set {name}={text}: {text!r} is no {kind}, such as {defaults[name]}") from error
