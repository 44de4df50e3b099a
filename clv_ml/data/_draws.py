"""Random draws of one block of customers, in arrays: who they are, when they buy, visit and read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clv_ml.data._fade import Floats, share_left
from clv_ml.data.simulation_parameters import SimulationParameters

Whole = NDArray[np.int64]

# Below this a chance of leaving needs more purchases than anybody makes.
_LEAST_CHANCE = 1e-9


@dataclass(frozen=True)
class People:
    """Truth about each customer of a block; moments in days from the start, inf where never."""

    signup: Floats
    rate: Floats
    leaving: Floats
    spend_scale: Floats
    visit_rate: Floats
    first: Floats
    channel: Whole


@dataclass(frozen=True)
class Moments:
    """What happened, when and to whom (a position in the block), ordered by customer and time."""

    owner: Whole
    at: Floats


def draw_people(rng: np.random.Generator, parameters: SimulationParameters, *, count: int, channels: int) -> People:
    """Draw the traits of customers, and when they first buy."""
    q = parameters
    visit_rate = rng.gamma(q.visits_shape, q.visits_per_day / q.visits_shape, count)
    signup = rng.uniform(0.0, q.days, count)
    # the rate of first purchases follows the visits where they inform, and knows nothing of them elsewhere
    eagerness = visit_rate / q.visits_per_day if q.informative else np.ones(count)
    with np.errstate(divide="ignore"):
        wait = rng.exponential(size=count) * q.first_purchase_days / eagerness
    at_once = rng.uniform(size=count) < q.buys_at_signup
    return People(
        signup=signup,
        rate=rng.gamma(q.r, 1.0 / q.alpha, count),
        leaving=np.maximum(rng.beta(q.a, q.b, count), _LEAST_CHANCE),
        spend_scale=rng.gamma(q.spend_q, 1.0 / q.spend_v, count),
        visit_rate=visit_rate,
        first=signup + np.where(at_once, 0.0, wait),
        channel=rng.integers(channels, size=count),
    )


def draw_purchases(
    rng: np.random.Generator, people: People, parameters: SimulationParameters
) -> tuple[Moments, Floats]:
    """Draw all purchases up to the end, and when each customer leaves.

    Returns
    -------
    tuple of Moments and Floats
        Purchases, the first one included; the moments of departure, which are those of a last purchase, inf
        where later than one fade after the end: that far ahead nothing in the data knows of it.
    """
    count = len(people.first)
    watched = np.maximum(parameters.days + parameters.fade_days - people.first, 0.0)
    repeats = _scattered(rng, rng.poisson(people.rate * watched), people.first, watched)
    fatal = rng.geometric(people.leaving)
    rank = rank_within(repeats.owner) + 1
    last = rank == fatal[repeats.owner]
    death = np.full(count, np.inf)
    death[repeats.owner[last]] = repeats.at[last]
    made = (rank <= fatal[repeats.owner]) & (repeats.at < parameters.days)
    buyers = np.flatnonzero(people.first < parameters.days)
    owner = np.concatenate([buyers, repeats.owner[made]])
    return ordered(owner, np.concatenate([people.first[buyers], repeats.at[made]])), death


def draw_visits(rng: np.random.Generator, people: People, death: Floats, parameters: SimulationParameters) -> Moments:
    """Draw visits: one at signup, then at the customer's own rate, thinned by the fade."""
    span = parameters.days - people.signup
    usual = _scattered(rng, rng.poisson(people.visit_rate * span), people.signup, span)
    kept = rng.uniform(size=len(usual.at)) < _left(people, death, parameters, usual)
    everybody = np.arange(len(people.signup))
    return ordered(np.concatenate([everybody, usual.owner[kept]]), np.concatenate([people.signup, usual.at[kept]]))


def draw_emails(
    rng: np.random.Generator, people: People, death: Floats, parameters: SimulationParameters
) -> tuple[Moments, Floats]:
    """Draw newsletters, and when each is opened (inf where never)."""
    every = parameters.email_every_days
    number = np.ceil((parameters.days - people.signup) / every).astype(np.int64) - 1
    owner = np.repeat(np.arange(len(number)), number)
    sent = Moments(owner, people.signup[owner] + every * (rank_within(owner) + 1))
    chance = parameters.email_open_share * _left(people, death, parameters, sent)
    delay = rng.uniform(size=len(owner))
    return sent, np.where(rng.uniform(size=len(owner)) < chance, sent.at + delay, np.inf)


def ordered(owner: Whole, at: Floats) -> Moments:
    """Order moments by customer and time."""
    order = np.lexsort((at, owner))
    return Moments(owner[order], at[order])


def rank_within(owner: Whole) -> Whole:
    """Count the rows of each owner from 0; equal owners stand together."""
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    return np.arange(len(owner)) - np.repeat(starts, np.diff(starts, append=len(owner)))


def _scattered(rng: np.random.Generator, numbers: Whole, start: Floats, span: Floats) -> Moments:
    """Scatter so many moments evenly over each customer's span: a Poisson process, given its number."""
    owner = np.repeat(np.arange(len(numbers)), numbers)
    return ordered(owner, start[owner] + span[owner] * rng.uniform(size=len(owner)))


def _left(people: People, death: Floats, parameters: SimulationParameters, moments: Moments) -> Floats:
    owner = moments.owner
    return share_left(
        moments.at, people.first[owner], death[owner], fade_days=parameters.fade_days, left=parameters.left
    )
