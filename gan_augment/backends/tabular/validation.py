"""The held-out score that chooses the best step of a training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from gan_augment.backends.tabular.forests import ForestView
from gan_augment.backends.tabular.networks import TableGenerator
from gan_augment.columns import FloatArray, IntArray
from gan_augment.frames import Table
from gan_augment.training.scores import ScoreScale

_FEWEST_DRAWN = 100


class HeldOutScore:
    """AUC with which a random forest tells synthetic rows from held-out ones, class included.

    The two-sample test of Lopez-Paz & Oquab (2017), "Revisiting classifier two-sample tests",
    ICLR. The same seed draws the rows of every evaluation, so that steps are compared fairly.
    """

    scale = ScoreScale(
        "A classifier of few rows tells its rows from held-out real ones with an AUC of "
        "{score:.2f} (0.5: it cannot, 1: always; report() looks closer)",
        alike=0.65,
        visible=0.8,
        told_apart=0.9,
        gain=0.02,
    )

    def __init__(
        self,
        data: Table,
        labels: IntArray,
        rows: IntArray,
        draw: Callable[[TableGenerator, IntArray, int], FloatArray],
        seed: int,
    ):
        self.view = ForestView(data.values)
        self.real = self.view(data.values[rows])
        self.labels = labels[rows]
        self.draw = draw
        self.seed = seed

    @property
    def tolerance(self) -> float:
        """Standard error of the score of a generator that cannot be told from the real rows.

        The deviation of the Mann-Whitney statistic of as many synthetic rows as real ones.
        """
        return float(1 / np.sqrt(6 * len(self.labels)))

    def __call__(self, generator: TableGenerator) -> float:
        """Score of a generator; smaller is better."""
        # Few held-out rows get more synthetic ones; repeated, the forest would know them again.
        repeats = -(-_FEWEST_DRAWN // len(self.labels))
        labels = np.tile(self.labels, repeats)
        synthetic = self.view(self.draw(generator, labels, self.seed))
        rows = np.concatenate([self.real, synthetic])
        rows = np.column_stack([rows, np.concatenate([self.labels, labels])])
        is_real = np.repeat([1, 0], [len(self.labels), len(labels)])
        # One fit gives out-of-bag scores for every row, and one thread leaves the rest in peace.
        detector = RandomForestClassifier(
            60, min_samples_leaf=3, oob_score=True, n_jobs=1, random_state=0
        )
        detector.fit(rows, is_real)
        scores = detector.oob_decision_function_
        return max(0.5, float(roc_auc_score(is_real, scores[:, 1])))
