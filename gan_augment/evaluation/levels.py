"""Which rare levels synthetic rows have kept."""

from __future__ import annotations

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
    rows = []
    for name in real.columns:
        if not isinstance(real[name].dtype, pd.CategoricalDtype):
            continue
        shares = real[name].value_counts() / len(real)
        present = set(synthetic[name].dropna().unique())
        for level, share in shares[(shares > 0) & (shares < _RARE)].items():
            expected = 1 - (1 - share) ** len(synthetic)
            rows.append((name, level, share, level in present, expected))
    table = pd.DataFrame(rows, columns=["column", "level", "share", "kept", "expected"])
    table["kept"] = table["kept"].astype(bool)
    return table.sort_values("share", ascending=False, kind="stable", ignore_index=True)
