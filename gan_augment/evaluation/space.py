"""Rows as points: where mixed columns have distances."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import pairwise_distances_argmin_min
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer

Points = npt.NDArray[np.float32]

_MOST_ONE_HOT = 400


class RowSpace:
    """Rows as points whose Euclidean distance treats all columns alike.

    Numbers become their rank among the real rows, from 0 to 1; two different levels are 1 apart; a
    missing value is half a range from the middle. Rare levels of columns with many are one.

    Parameters
    ----------
    real : DataFrame
        Columns of float64 and categories.
    """

    def __init__(self, real: pd.DataFrame):
        kinds = {n: isinstance(real[n].dtype, pd.CategoricalDtype) for n in real.columns}
        self._levels = [name for name, levels in kinds.items() if levels]
        self._numbers = [n for n in real.columns if not kinds[n] and real[n].notna().any()]
        self._ranks = QuantileTransformer(
            n_quantiles=min(1000, len(real)), subsample=100_000, random_state=0
        )
        most = max(8, _MOST_ONE_HOT // max(1, len(self._levels)))
        self._one_hot = OneHotEncoder(
            handle_unknown="ignore",
            max_categories=most,
            sparse_output=False,
            dtype=np.float32,
        )
        if self._numbers:
            self._ranks.fit(real[self._numbers].to_numpy())
        if self._levels:
            self._one_hot.fit(self._texts(real))

    def __call__(self, rows: pd.DataFrame) -> Points:
        """Points of `rows`."""
        parts = [np.empty((len(rows), 0), dtype=np.float32)]
        if self._numbers:
            ranks = self._ranks.transform(rows[self._numbers].to_numpy())
            missing = np.isnan(ranks)
            parts.append(np.where(missing, 0.5, ranks).astype(np.float32))
            parts.append(0.5 * missing.astype(np.float32))
        if self._levels:
            parts.append(self._one_hot.transform(self._texts(rows)) * np.float32(np.sqrt(0.5)))
        return np.hstack(parts)

    def _texts(self, rows: pd.DataFrame) -> npt.NDArray[np.object_]:
        return np.column_stack([rows[n].cat.codes.to_numpy() for n in self._levels])


def nearest_distances(points: Points, among: Points) -> npt.NDArray[np.float64]:
    """Distance of each point to the closest one of `among`."""
    return np.asarray(pairwise_distances_argmin_min(points, among)[1], dtype=np.float64)
