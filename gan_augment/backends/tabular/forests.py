"""What trees see of a table."""

from __future__ import annotations

import numpy as np

from gan_augment.columns import FloatArray

_HUGE, _TINY = 1e30, 1e-30
_NARROW = 1e-3


class ForestView:
    """Tables as scikit-learn's trees can hold them, which split float32.

    Columns that are huge, tiny, or far from zero beside their range are scaled to their range,
    from 0 to 1; the others stay as they are.

    Parameters
    ----------
    real : ndarray of shape (n_rows, n_columns)
        Real rows, NaN where missing.
    """

    def __init__(self, real: FloatArray):
        self._lower, upper = (end.reduce(real, axis=0) for end in (np.fmin, np.fmax))
        # Halves, since the range of floats is no float.
        span = upper / 2 - self._lower / 2
        largest = np.maximum(abs(self._lower), abs(upper))
        off = (largest > _HUGE) | (largest < _TINY) | (span < _NARROW * largest)
        self._scaled = np.flatnonzero(off & np.isfinite(largest) & (largest > 0))
        self._span = np.where(span > 0, span, 1.0)

    def __call__(self, rows: FloatArray) -> FloatArray:
        """The rows for a tree."""
        if not len(self._scaled):
            return rows
        seen = rows.copy()
        columns = rows[:, self._scaled] / 2 - self._lower[self._scaled] / 2
        seen[:, self._scaled] = columns / self._span[self._scaled]
        return seen
