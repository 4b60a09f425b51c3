"""What stands in for the GAN where a class has too few rows for it: interpolation between them."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from torch import Tensor

from gan_augment.backends.tabular.encoder import EncodedRows
from gan_augment.backends.tabular.forests import ForestView
from gan_augment.columns import FloatArray, IntArray
from gan_augment.frames import Table

_NEIGHBOURS = 5
_MOST_JUDGED = 5_000
_ROWS_DRAWN = 200
_LEAST_RECOGNISED = 0.7
_FOLDS = 5


def unrecognised_classes(
    data: Table,
    labels: IntArray,
    few: int,
    draw: Callable[[IntArray, int], FloatArray],
    rng: np.random.Generator,
) -> dict[int, str]:
    """Small classes whose synthetic rows a classifier does not take for their class, and why.

    A random forest gives real rows, held out, and synthetic rows a probability of their class.
    A class is not recognised where the synthetic rows' mean is below 70% of the real rows'.

    Parameters
    ----------
    data, labels : Table, ndarray of shape (n_rows,)
        Real rows and their class codes.
    few : int
        Classes of 2 rows or more, but fewer than this, are judged.
    draw : callable
        ``draw(labels, seed)`` gives synthetic rows.
    rng : Generator
        Chooses the rows of large classes, and the seed.
    """
    counts = np.bincount(labels)
    judged = np.flatnonzero((counts >= 2) & (counts < few))
    if len(counts) < 2 or not len(judged):
        return {}
    others = rng.permutation(np.flatnonzero(counts[labels] >= few))[:_MOST_JUDGED]
    rows = np.concatenate([np.flatnonzero(np.isin(labels, judged)), others])
    view = ForestView(data.values)
    X, y = view(data.values[rows]), labels[rows]
    if len(np.unique(y)) < 2:
        return {}
    forest = RandomForestClassifier(
        n_estimators=60, min_samples_leaf=2, class_weight="balanced", random_state=0
    )
    n_folds = min(_FOLDS, int(np.unique(y, return_counts=True)[1].min()))
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        held_out = cross_val_predict(forest, X, y, cv=folds, method="predict_proba")
    forest.fit(X, y)
    doubts = {}
    for code in judged.tolist():
        column = forest.classes_.tolist().index(code)
        real = held_out[y == code, column].mean()
        drawn = view(draw(np.full(_ROWS_DRAWN, code), int(rng.integers(2**31))))
        synthetic = forest.predict_proba(drawn)[:, column].mean()
        if synthetic < _LEAST_RECOGNISED * real:
            doubts[code] = (
                f"has {counts[code]} rows, and a classifier finds the GAN's rows of it less "
                f"typical than real ones (mean probability {synthetic:.2f}, real {real:.2f}). "
                "They are interpolated between its real rows instead, which stay in the fitted "
                "model. Collect more rows, or set TabularGAN(interpolate_below=0) to have the "
                "GAN's."
            )
    return doubts


def interpolate(rows: EncodedRows, n: int, rng: torch.Generator) -> Tensor:
    """`n` rows of scores and digits, each between a real row and one of its nearest five.

    SMOTE of Chawla et al. (2002), JAIR 16, but between normal scores, so that the scale and the
    shape of a column do not matter. Levels, missing values and point masses are the nearer
    parent's.
    """
    everything = rows.rows(torch.arange(len(rows)), rng)
    distances = torch.cdist(everything, everything).fill_diagonal_(torch.inf)
    n_neighbours = min(_NEIGHBOURS, len(rows) - 1)
    neighbours = distances.topk(n_neighbours, largest=False).indices
    first = torch.randint(len(rows), (n,), generator=rng)
    second = neighbours[first, torch.randint(n_neighbours, (n,), generator=rng)]
    share = torch.rand(n, 1, generator=rng)
    start, end = rows.rows(first, rng), rows.rows(second, rng)
    start_nearer = share < 0.5
    n_scores = rows.low.shape[1]
    states = rows.join.states + n_scores
    # A score says nothing where its state is not "regular", so there is no way between the two.
    comparable = torch.ones(n, n_scores, dtype=torch.bool)
    comparable[:, rows.join.gated] = (start[:, states] == 1) & (end[:, states] == 1)
    start, end = start[:, :n_scores], end[:, :n_scores]
    nearer = torch.where(start_nearer, start, end)
    scores = torch.where(comparable, start + share * (end - start), nearer)
    digits = torch.where(start_nearer, rows.digits[first], rows.digits[second])
    return torch.cat([scores, digits], dim=1)
