"""A table filled batch after batch: that of all rows at once, with what is the same for all held once."""

import numpy as np
import pandas as pd

from clv_ml.decisions.narrow import narrow_table


def test_batches_make_the_table_they_were_cut_from_and_what_all_share_takes_no_room() -> None:
    index = pd.Index([f"c{number}" for number in range(10)], name="customer_id", dtype="str")
    kinds = pd.CategoricalDtype(["a", "b"])
    columns = {"n": np.arange(10.0), "cost": 2.5, "late": [0.0] * 7 + [1.0] * 3, "mark": [True, False] * 5}
    frame = pd.DataFrame(columns, index=index).assign(word=pd.Series(["b"] * 10, index=index, dtype=kinds))
    for size in (3, 10):
        parts = [slice(start, start + size) for start in range(0, 10, size)]
        found = narrow_table(index, [(part, frame.iloc[part]) for part in parts])
        pd.testing.assert_frame_equal(found, frame)
        assert found["cost"].to_numpy().strides == (0,)
        pd.testing.assert_frame_equal(found.iloc[[7, 2]].assign(cost=1.0), frame.iloc[[7, 2]].assign(cost=1.0))
    nobody = frame.head(0)
    pd.testing.assert_frame_equal(narrow_table(nobody.index, [(slice(0, 3), nobody)]), nobody)
