"""What is different from the list before."""

from __future__ import annotations

import numpy as np
import pandas as pd

_LEAST = 0.05  # a smaller change of the probability is no news


def changes(listed: pd.DataFrame, previous: pd.DataFrame | None, *, main_score: str) -> pd.DataFrame:
    """Set a list beside the one before it.

    Parameters
    ----------
    listed, previous
        Lists with customer_id, rank and `main_score`; None where there is no earlier list.
    main_score
        Column of the probability that ranks.

    Returns
    -------
    pandas.DataFrame
        Indexed like `listed`: change (``new`` on the list; ``higher_risk``, ``lower_risk``: by 5 percentage points or
        more; ``same``; empty without an earlier list), previous_rank (Int64) and previous_p_churn.
    """
    if previous is None or main_score not in previous:
        nothing = {"change": "", "previous_rank": pd.NA, "previous_p_churn": np.nan}
        return pd.DataFrame(nothing, index=listed.index).astype({"change": "str", "previous_rank": "Int64"})
    before = previous.drop_duplicates("customer_id")
    # ids as Python texts: looking up a million of them takes a second, those of Arrow half a minute
    before = before.set_index(pd.Index(before["customer_id"].to_numpy(dtype=object)))
    before = before.reindex(listed["customer_id"].to_numpy(dtype=object))
    rose = np.round(listed[main_score].to_numpy(np.float64) - before[main_score].to_numpy(np.float64), 9)
    told = np.select([np.isnan(rose), rose >= _LEAST, rose <= -_LEAST], ["new", "higher_risk", "lower_risk"], "same")
    columns = {
        "change": pd.Series(told, index=listed.index, dtype="str"),
        "previous_rank": pd.Series(before["rank"].to_numpy(), index=listed.index).astype("Int64"),
        "previous_p_churn": before[main_score].to_numpy(np.float64),
    }
    return pd.DataFrame(columns, index=listed.index)
