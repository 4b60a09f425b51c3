"""Which rare levels synthetic rows have kept."""

from __future__ import annotations

import numpy as np
import pandas as pd

_RARE = 0.05


def rare_levels(real: pd.DataFrame, synthetic: pd.DataFrame) -> pd.DataFrame:
    """Levels with less than 5% of the real rows, and whether synthetic rows have them.

    Parameters
    ----------
    real, synthetic : DataFrame
        Columns of float64 and categories.

    Returns
    -------
    DataFrame
        One row per "column" and "level", most frequent first: its "share" of the real rows,
        whether it was "kept", and the probability that as many real rows would have it,
        "expected".
    """
    found = []
    for name in real.columns:
        if not isinstance(real[name].dtype, pd.CategoricalDtype):
            continue
        shares = real[name].value_counts() / len(real)
        rare = shares[(shares > 0) & (shares < _RARE)]
        present = set(synthetic[name].dropna().unique())
        found.append(
            pd.DataFrame(
                {
                    "column": name,
                    "level": rare.index.astype(str),
                    "share": rare.to_numpy(),
                    "kept": [level in present for level in rare.index],
                    "expected": 1 - (1 - rare.to_numpy()) ** len(synthetic),
                }
            )
        )
    if not found:
        return pd.DataFrame(
            {c: np.empty(0) for c in ("column", "level", "share", "expected")}
        ).assign(kept=np.empty(0, dtype=bool))
    return pd.concat(found, ignore_index=True).sort_values(
        "share", ascending=False, kind="stable", ignore_index=True
    )
