"""Whether a classifier can tell synthetic rows from real ones, and by which columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from gan_augment.evaluation.learners import fit_judge, probabilities

_FOLDS = 3
_ROWS_FOR_IMPORTANCE = 2_000


@dataclass(frozen=True)
class Detection:
    """What a detector found.

    Attributes
    ----------
    auc : float
        Mean over folds of the area under its ROC curve: 0.5 cannot tell, 1 always can. Below 0.5
        synthetic rows repeat real ones.
    columns : Series
        What the AUC loses when a column is shuffled, largest first; empty if not asked for.
    """

    auc: float
    columns: pd.Series


def detect(
    real: pd.DataFrame,
    synthetic: pd.DataFrame,
    *,
    judge: str = "hist_gradient_boosting",
    seed: int = 0,
    importance: bool = False,
) -> Detection:
    """Cross-validated detection of synthetic rows among as many real ones.

    Parameters
    ----------
    real, synthetic : DataFrame
        Columns of float64 and categories; the longer is cut to the length of the shorter.
    judge : {"hist_gradient_boosting", "logistic_regression"}
        The detector.
    seed : int, default=0
        Of the folds and the detector.
    importance : bool, default=False
        Whether to find the columns that give synthetic rows away.
    """
    rng = np.random.default_rng(seed)
    n = min(len(real), len(synthetic))
    both = [frame.iloc[rng.permutation(len(frame))[:n]] for frame in (real, synthetic)]
    X = pd.concat(both, ignore_index=True)
    y = np.repeat([0, 1], n)
    aucs: list[float] = []
    drops: list[pd.Series] = []
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed).split(X, y)
    for train, test in folds:
        model = fit_judge(judge, X.iloc[train], y[train], seed)
        aucs.append(roc_auc_score(y[test], probabilities(model, X.iloc[test], 2)[:, 1]))
        if importance and not drops:
            rows = rng.permutation(test)[:_ROWS_FOR_IMPORTANCE]
            found = permutation_importance(
                model, X.iloc[rows], y[rows], scoring="roc_auc", n_repeats=3, random_state=seed
            )
            drops.append(pd.Series(found.importances_mean, index=X.columns))
    columns = drops[0].sort_values(ascending=False) if drops else pd.Series(dtype=float)
    return Detection(float(np.mean(aucs)), columns)
