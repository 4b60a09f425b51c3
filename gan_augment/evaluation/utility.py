"""Whether synthetic rows teach what real ones do, and are of the class asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

from gan_augment.columns import FloatArray
from gan_augment.evaluation.comparison import Learned, Sample
from gan_augment.evaluation.learners import class_auc, learn_rows


def train_and_test(
    train: Sample, test: Sample, n_classes: int, *, judge: str, seed: int = 0
) -> dict[str, float]:
    """ROC AUC and macro-F1 on `test` of a classifier trained on `train`.

    For several classes the AUC is the mean of one against the rest. Trained on synthetic rows and
    tested on real ones this is TSTR [1]_.

    References
    ----------
    .. [1] Esteban, Hyland & Rätsch (2017), "Real-valued (medical) time series generation with
       recurrent conditional GANs", arXiv:1706.02633.
    """
    return class_scores(learn_rows(judge, train, n_classes, seed)(test.X), test)


def class_scores(found: FloatArray, test: Sample) -> dict[str, float]:
    """ROC AUC and macro-F1 of probabilities of every class."""
    assert test.y is not None
    return {
        "auc": class_auc(test.y, found),
        "f1": float(f1_score(test.y, found.argmax(axis=1), average="macro")),
    }


def condition_accuracy(
    train: Sample, synthetic: Sample, holdout: Sample, classes: np.ndarray, *, seed: int = 0
) -> pd.DataFrame:
    """How surely the rows of a class are of that class.

    Histogram gradient boosting learns the classes from `train`; see `own_probability`.
    """
    learned = learn_rows("hist_gradient_boosting", train, len(classes), seed)
    return own_probability(learned, synthetic, holdout, classes)


def own_probability(
    learned: Learned, synthetic: Sample, holdout: Sample, classes: np.ndarray
) -> pd.DataFrame:
    """The mean probability of the class that each should have, in synthetic and real ones.

    Returns
    -------
    DataFrame
        One row per class with "synthetic", "real", their "difference" and its "standard error";
        NaN where a side has none of the class.
    """
    means, errors = {}, []
    for name, rows in {"synthetic": synthetic, "real": holdout}.items():
        assert rows.y is not None
        found = learned(rows.X)
        own = pd.Series(found[np.arange(len(rows)), rows.y]).groupby(rows.y)
        means[name] = own.mean().reindex(range(len(classes)))
        # A handful of rows can agree by chance: two more, as far apart as can be, stand for that.
        variance = (own.var(ddof=0) * own.count() + 0.5) / (own.count() + 2)
        errors.append((variance / own.count()).reindex(range(len(classes))))
    table = pd.DataFrame(means)
    table["difference"] = table["synthetic"] - table["real"]
    table["standard error"] = np.sqrt(errors[0] + errors[1])
    return table.set_axis(pd.Index(classes, name="class"))
