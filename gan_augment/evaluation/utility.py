"""Whether synthetic rows teach what real ones do, and are of the class asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

from gan_augment.evaluation.learners import class_auc, fit_judge, probabilities
from gan_augment.evaluation.rows import Rows


def train_and_test(
    train: Rows, test: Rows, n_classes: int, *, judge: str, seed: int = 0
) -> dict[str, float]:
    """ROC AUC and macro-F1 on `test` of a classifier trained on `train`.

    For several classes the AUC is the mean of one against the rest. Trained on synthetic rows and
    tested on real ones this is TSTR [1]_.

    References
    ----------
    .. [1] Esteban, Hyland & Rätsch (2017), "Real-valued (medical) time series generation with
       recurrent conditional GANs", arXiv:1706.02633.
    """
    assert train.y is not None
    assert test.y is not None
    if len(np.unique(train.y)) < 2:
        return {"auc": 0.5, "f1": _only(train.y[0], test)}
    found = probabilities(fit_judge(judge, train.X, train.y, seed), test.X, n_classes)
    return {
        "auc": class_auc(test.y, found),
        "f1": float(f1_score(test.y, found.argmax(axis=1), average="macro")),
    }


def _only(code: int, test: Rows) -> float:
    assert test.y is not None
    return float(f1_score(test.y, np.full(len(test), code), average="macro"))


def condition_accuracy(
    train: Rows, synthetic: Rows, holdout: Rows, classes: np.ndarray, *, seed: int = 0
) -> pd.DataFrame:
    """How surely the rows of a class are of that class.

    Histogram gradient boosting learns the classes from `train`; its mean probability of the class
    that a row should have is compared between synthetic and real rows.

    Returns
    -------
    DataFrame
        One row per class with "synthetic", "real", their "difference" and its "standard error";
        NaN where a side has no rows of the class.
    """
    assert train.y is not None
    model = fit_judge("hist_gradient_boosting", train.X, train.y, seed)
    means, errors = {}, []
    for name, rows in {"synthetic": synthetic, "real": holdout}.items():
        assert rows.y is not None
        found = probabilities(model, rows.X, len(classes))
        own = pd.Series(found[np.arange(len(rows)), rows.y]).groupby(rows.y)
        means[name] = own.mean().reindex(range(len(classes)))
        # A handful of rows can agree by chance: two more, as far apart as can be, stand for that.
        variance = (own.var(ddof=0) * own.count() + 0.5) / (own.count() + 2)
        errors.append((variance / own.count()).reindex(range(len(classes))))
    table = pd.DataFrame(means)
    table["difference"] = table["synthetic"] - table["real"]
    table["standard error"] = np.sqrt(errors[0] + errors[1])
    return table.set_axis(pd.Index(classes, name="class"))
