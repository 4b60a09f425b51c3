"""Your own method in the benchmark: on the same folds as the others, with a row for each failure.

A method is an object with ``fit_resample``, or a function of a learner that returns a classifier.
Both get the training rows of a fold and nothing else. Breast cancer records (scikit-learn's bundled
set) with the malignant ones cut to 30 of 212, as in a rare disease.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV

from gan_augment.benchmark import compare
from gan_augment.benchmark.datasets import load_bundled

RESULTS = Path("results")


class Jitter(BaseEstimator):
    """Repeats rows of the rarest class, each number moved by a little noise."""

    def __init__(self, noise=0.1, random_state=None):
        self.noise = noise
        self.random_state = random_state  # set anew for every fold

    def fit_resample(self, X, y):
        """Return the rows it got, and as many more as the class lacks."""
        rng = np.random.default_rng(self.random_state)
        labels, counts = np.unique(y, return_counts=True)
        rare = X[y == labels[counts.argmin()]]
        drawn = rare.iloc[rng.integers(len(rare), size=counts.max() - counts.min())]
        moved = drawn + self.noise * rare.std().to_numpy() * rng.normal(size=drawn.shape)
        y_moved = np.full(len(moved), labels[counts.argmin()])
        return pd.concat([X, moved], ignore_index=True), np.concatenate([y, y_moved])


class Broken:
    """What fails is told with its reason, and stops nobody else."""

    def fit_resample(self, X, y):
        """Fail."""
        raise RuntimeError("no idea what to draw")


def calibrated(learner):
    """Change the learner and leave the rows alone."""
    return CalibratedClassifierCV(learner, cv=3)


def main():
    data = load_bundled("breast_cancer_rare")
    print(f"{len(data.X)} rows; {data.note}\n")
    result = compare(
        data.X,
        data.y,
        methods=["smote", Jitter(), {"more jitter": Jitter(noise=0.5)}, calibrated, Broken()],
        learners=["logistic_regression", "random_forest"],
        cv=5,
    )
    print(result, "\n")
    print(result.ranks("f1").round(3).to_string(), "\n")
    print(result.failures().to_string(index=False))
    RESULTS.mkdir(exist_ok=True)
    result.plot().savefig(RESULTS / "your_own_method.png", dpi=120)
    result.to_html(RESULTS / "your_own_method.html")
    print(f"\nPicture and page: {RESULTS / 'your_own_method.png'}, .html")


if __name__ == "__main__":
    main()
