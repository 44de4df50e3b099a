"""Every prediction of the BG/NBD on a grid of hard cases, against 100-digit arithmetic.

Equation numbers are those of Fader, Hardie & Lee (2005), doi:10.1287/mksc.1040.0098.
"""

from functools import cache
from itertools import product

import mpmath
import numpy as np
import pandas as pd
import pytest
from mpmath import mpf

from clv_ml.models.purchases import PurchaseModel

# r, alpha, a, b: each with the trap that it sets for equation (10).
PARAMETERS = {
    "CDNOW in days": (0.2426, 30.895, 0.7929, 2.4259),
    "CDNOW in weeks": (0.2426, 4.4136, 0.7929, 2.4259),
    "a is 1, the pole of the closed form": (0.6, 20.0, 1.0, 2.5),
    "a next to 1, where it loses all digits": (0.6, 20.0, 1.0 + 1e-9, 2.5),
    "a + b below 1, a negative parameter of 2F1": (0.4, 30.0, 0.25, 0.5),
    "a + b is 1, a pole of 2F1": (0.4, 30.0, 0.25, 0.75),
    "hardly anybody leaves": (0.5, 40.0, 0.01, 3.0),
    "nearly everybody leaves at once": (0.5, 40.0, 2.0, 0.02),
    "rates are all alike": (50.0, 3000.0, 0.8, 2.4),
    "chances to leave are all alike": (0.5, 40.0, 300.0, 900.0),
    "most customers never buy": (0.001, 5.0, 0.9, 2.0),
    "alpha far below a day": (0.3, 0.01, 0.7, 1.8),
    "alpha of centuries": (2.0, 1e5, 0.7, 1.8),
}
# x, t_x, T in days
CUSTOMERS = [
    (0, 0.0, 0.0),
    (0, 0.0, 400.0),
    (1, 5.0, 800.0),
    (3, 700.0, 720.0),
    (30, 200.0, 210.0),
    (300, 2100.0, 3650.0),
    (300, 3640.0, 3650.0),
    (3000, 729.0, 730.0),
]
HORIZONS = [0.5, 30.0, 365.0, 1000.0, 3650.0]
GRID = list(product(PARAMETERS, CUSTOMERS, HORIZONS))
ROWS = pd.DataFrame(CUSTOMERS, columns=["frequency", "recency", "T"])


def reference_count(shape: mpf, z: mpf, a: mpf, b: mpf) -> mpf:
    """Equation (9); next to its poles a = 1 and a + b = 1, 1e-40 away, where 100 digits leave 60."""
    away = mpf(10) ** -40 if a == 1 or a + b == 1 else mpf(0)
    a = a + away
    inner = mpmath.hyp2f1(shape, b, a + b - 1, z / (1 + z))
    return (a + b - 1) / (a - 1) * (1 - inner / (1 + z) ** shape)


@cache
def reference() -> pd.DataFrame:
    """P(alive), E[Y(t)], the same given alive, and P(no purchase), in the order of `GRID`."""
    rows = []
    with mpmath.workdps(100):
        for name, (x, t_x, age), days in GRID:
            r, alpha, a, b = map(mpf, PARAMETERS[name])
            shape, scale, t = r + x, alpha + mpf(age), mpf(days)
            gone = a / (b + x - 1) * (scale / (alpha + mpf(t_x))) ** shape if x else mpf(0)
            alive = 1 / (1 + gone)
            count = reference_count(shape, t / scale, a, b + x)
            none = 1 - alive * (1 - (scale / (scale + t)) ** shape)
            rows.append([float(value) for value in (alive, alive * count, count, none)])
    return pd.DataFrame(rows, columns=["alive", "expected", "given_alive", "none"])


@cache
def predicted() -> pd.DataFrame:
    parts = []
    for name in PARAMETERS:
        r, alpha, a, b = PARAMETERS[name]
        model = PurchaseModel.from_params(r=r, alpha=alpha, a=a, b=b)
        for days in HORIZONS:
            part = pd.DataFrame(
                {
                    "alive": model.probability_alive(ROWS),
                    "expected": model.expected_purchases(ROWS, horizon_days=days),
                    "given_alive": model.expected_purchases(ROWS, horizon_days=days, given_alive=True),
                    "none": model.probability_no_purchase(ROWS, horizon_days=days),
                }
            )
            part.index = pd.Index([GRID.index((name, customer, days)) for customer in CUSTOMERS])
            parts.append(part)
    return pd.concat(parts).sort_index()


def test_the_grid_is_large() -> None:
    assert len(GRID) >= 500


@pytest.mark.parametrize("quantity", ["alive", "expected", "given_alive", "none"])
def test_predictions_have_ten_digits_everywhere_on_the_grid(quantity: str) -> None:
    """520 points, no NaN, no infinity.

    P(alive) and P(no purchase) keep their digits down to 1e-300; nothing is excused near zero.
    """
    np.testing.assert_allclose(predicted()[quantity], reference()[quantity], rtol=1e-10, atol=1e-300)


def test_lifetimes_fails_on_the_same_grid() -> None:
    """lifetimes 0.11.3 misses equation (10) on 91 of the 520 points, counted with scipy 1.17.

    56 of them are NaN or infinite, 35 wrong by more than 1e-8 relative and 1e-12 absolute.
    """
    model = PurchaseModel.from_params(r=1.0, alpha=1.0, a=2.0, b=1.0).to_lifetimes()
    values = []
    # It divides 0 by 0 and overflows on the way.
    with np.errstate(all="ignore"):
        for name, (x, t_x, age), days in GRID:
            model.params_[:] = PARAMETERS[name]
            value = model.predict(days, np.array([x]), np.array([t_x]), np.array([age]))
            values.append(float(value[0]))
    theirs, truth = np.array(values), reference()["expected"].to_numpy()
    lost = ~np.isfinite(theirs)
    wrong = ~lost & (np.abs(theirs - truth) > 1e-8 * truth + 1e-12)
    assert lost.sum() >= 40
    assert wrong.sum() >= 20


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_chances_of_the_counts_are_exact(name: str) -> None:
    """Equation (8) summed as it stands, at 100 digits."""
    r, alpha, a, b = PARAMETERS[name]
    model = PurchaseModel.from_params(r=r, alpha=alpha, a=a, b=b)
    for n, days in product((0, 1, 2, 7, 40, 150), (0.5, 90.0, 3650.0)):
        assert model.probability_of_count(n, days) == pytest.approx(reference_chance(name, n, days), rel=1e-10)


def reference_chance(name: str, n: int, days: float) -> float:
    with mpmath.workdps(100):
        r, alpha, a, b = map(mpf, PARAMETERS[name])
        w = mpf(days) / (alpha + mpf(days))
        series = [mpmath.rf(r, j) / mpmath.factorial(j) * w**j for j in range(n + 1)]
        still = (1 - w) ** r
        chance = mpmath.beta(a, b + n) / mpmath.beta(a, b) * still * series[n]
        if n > 0:
            left = mpmath.beta(a + 1, b + n - 1) / mpmath.beta(a, b)
            chance += left * (1 - still * mpmath.fsum(series[:n]))
        return float(chance)


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_expectation_of_a_new_customer_is_exact(name: str) -> None:
    r, alpha, a, b = PARAMETERS[name]
    model = PurchaseModel.from_params(r=r, alpha=alpha, a=a, b=b)
    with mpmath.workdps(100):
        for days in HORIZONS:
            truth = float(reference_count(mpf(r), mpf(days) / mpf(alpha), mpf(a), mpf(b)))
            assert model.unconditional_expectation(days) == pytest.approx(truth, rel=1e-10)


@pytest.mark.parametrize("name", ["CDNOW in days", "a is 1, the pole of the closed form", "alpha far below a day"])
def test_quantiles_are_the_smallest_counts_that_reach_the_level(name: str) -> None:
    """Against the chances of each count of a customer known to be alive, who is BG/NBD with r+x, alpha+T, a, b+x."""
    r, alpha, a, b = PARAMETERS[name]
    model = PurchaseModel.from_params(r=r, alpha=alpha, a=a, b=b)
    levels = (0.05, 0.1, 0.5, 0.9, 0.99)
    for days in (30.0, 365.0):
        found = model.purchase_quantiles(ROWS.head(6), horizon_days=days, levels=levels)
        for row, (x, _, age) in enumerate(CUSTOMERS[:6]):
            alone = PurchaseModel.from_params(r=r + x, alpha=alpha + age, a=a, b=b + x)
            chances = np.array([alone.probability_of_count(n, days) for n in range(int(found.to_numpy()[row, -1]) + 2)])
            alive = model.probability_alive(ROWS).iloc[row]
            below = 1 - alive + alive * np.cumsum(chances)
            assert found.iloc[row].tolist() == [int(np.argmax(below >= level)) for level in levels]


def test_a_forecast_does_not_depend_on_who_else_is_in_the_batch() -> None:
    rng = np.random.default_rng(4)
    x, age = rng.poisson(3, 400).astype(float), rng.integers(1, 2000, 400).astype(float)
    rows = pd.DataFrame({"frequency": x, "recency": np.where(x > 0, np.floor(age / 2), 0.0), "T": age})
    rows = rows[(x == 0) | (rows["recency"] > 0)]
    model = PurchaseModel.from_params(r=0.2426, alpha=3.9, a=0.7929, b=2.4259)  # few orders of the quadrature, panels
    whole = model.expected_purchases(rows, horizon_days=365)
    for size in (1, 3, 100):
        parts = [model.expected_purchases(rows[at : at + size], horizon_days=365) for at in range(0, len(rows), size)]
        pd.testing.assert_series_equal(pd.concat(parts), whole, check_exact=True)
