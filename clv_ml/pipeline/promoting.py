"""Which model is to be used: the new one against the champion, on the cutoffs of the backtests."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from clv_ml.config import ChurnConfig, Config, ValueConfig
from clv_ml.decisions.deciding import value_at_risk
from clv_ml.engine import Engine
from clv_ml.errors import ClvError
from clv_ml.evaluation.backtest import Backtest
from clv_ml.evaluation.promotion import Decision, compare_models, decided
from clv_ml.evaluation.rivals import main_label, main_score
from clv_ml.models.bundle import Bundle, load_bundle
from clv_ml.models.fitting import FittedModels, fit_models
from clv_ml.models.scoring import score_customers
from clv_ml.models.training_rows import Progress, buyers, population_at, population_outcomes
from clv_ml.snapshot.tables import Tables
from clv_ml.tracking.record import run_tags
from clv_ml.tracking.registry import CHALLENGER, CHAMPION, champion
from clv_ml.tracking.run import RunRecord


def decide(
    engine: Engine,
    tables: Tables,
    backtests: Sequence[Backtest],
    config: Config,
    *,
    judged: Tables | None = None,
    progress: Progress,
) -> tuple[Decision, str]:
    """Decide what the new model is to be, and return the decision and the address of the champion (or nothing).

    A champion that was trained on the days after a backtest cutoff would know what it is asked there; it is then
    fitted anew at the cutoff, by its own settings. One trained before is judged as it is, its age included.

    Parameters
    ----------
    tables
        Everybody, to learn from.
    judged
        The customers of the backtests, to compare on; all of `tables` where None.
    """
    mode = config.tracking.promote
    try:
        found = champion(config)
    except ClvError as error:
        return decided(f"the champion could not be read: {error}", promote=mode == "always"), ""
    if found is None:
        return decided("there is no champion yet", promote=mode != "never"), ""
    folder, address = found
    if mode != "if-better":
        return decided(f"tracking.promote is {mode}", promote=mode == "always"), address
    if not backtests:
        return decided("the history is too short for a backtest: nothing to compare on", promote=False), address
    progress(f"comparing with the champion {address}")
    try:
        old = load_bundle(folder)
        trials = {
            test.cutoff: _trial(
                engine, judged or tables, test, _champion_at(engine, tables, test, old, config, progress), config
            )
            for test in backtests
        }
    except ClvError as error:
        return decided(f"the champion cannot be tried on these data: {error}", promote=False), address
    return compare_models(trials, seed=config.seed), address


def alias_of(decision: Decision, config: Config) -> str:
    """Return the alias of the new version: champion, challenger, or none where nothing is ever to be promoted."""
    if decision.promote:
        return CHAMPION
    return "" if config.tracking.promote == "never" else CHALLENGER


def promotion_record(config: Config, decision: Decision, bundle: Bundle, champion_address: str) -> RunRecord:
    """Gather the evidence of a decision as a run of its own."""
    outcome = "promoted" if decision.promote else "not promoted"
    tags = run_tags(config, bundle.models.cutoff) | {
        "bundle_version": bundle.version,
        "champion": champion_address or "none",
        "decision": outcome,
        "reason": decision.reason,
        "backtest_cutoffs": ",".join(map(str, decision.cutoffs)),
        "mlflow.note.content": f"Challenger {bundle.version} {outcome}: {decision.reason}.",
    }
    tables = {} if decision.evidence.empty else {"evidence.json": decision.evidence}
    return RunRecord(
        name=f"promotion {bundle.models.cutoff}",
        kind="promotion",
        tags=tags,
        params={"promote": config.tracking.promote},
        metrics=decision.metrics(),
        tables=tables,
        files={"decision.txt": f"{outcome}: {decision.reason}\n"},
    )


def _trial(engine: Engine, tables: Tables, test: Backtest, old: FittedModels, config: Config) -> pd.DataFrame:
    """Score the customers of a backtest cutoff with both."""
    cutoff = test.cutoff
    customers = buyers(population_at(engine, tables, cutoff, config.churn))
    happened = population_outcomes(engine, tables, cutoff, config.churn).loc[customers.index]
    rivals = {"challenger": test.models, "champion": old}
    trial = pd.DataFrame(
        {"churned": happened[main_label(config)].astype(float), "value": customers["spend_last_180d"].fillna(0.0)}
    )
    for side, models in rivals.items():
        scores = score_customers(models, customers, horizons_days=config.churn.horizons_days, value=config.value)
        trial[f"p_{side}"] = scores[main_score(config)]
        trial[f"rank_{side}"] = value_at_risk(scores, main_score(config))
    return trial


def _champion_at(
    engine: Engine, tables: Tables, test: Backtest, old: Bundle, config: Config, progress: Progress
) -> FittedModels:
    if old.models.cutoff <= test.cutoff:
        return old.models
    own = {
        "churn": ChurnConfig.model_validate(old.facts["churn"]),
        "value": ValueConfig.model_validate(old.facts["value"]),
        "seed": int(old.facts["seed"]),
    }
    if all(getattr(config, name) == setting for name, setting in own.items()):
        return test.models  # the same method on the same days is the same model
    return fit_models(engine, tables, test.cutoff, config.model_copy(update=own), progress=progress)
