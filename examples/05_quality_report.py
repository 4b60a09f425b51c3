"""Can these rows be trusted? The quality report of a GAN, and of two generators that cannot be.

Breast cancer records (scikit-learn's bundled set), 30% held out. A GAN learns the others; its rows
are compared with the real ones in five aspects, and the report is written as one HTML page. Beside
it stand a generator that hands out the training rows themselves, and one that gets every column
right and every relation wrong.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from gan_augment import GANAugmenter
from gan_augment.evaluation import quality_report

RESULTS = Path("results")
SHOWN = {
    "fidelity_column_error": "column error",
    "fidelity_pair_error": "pair error",
    "detection_auc_hist_gradient_boosting": "detector's AUC",
    "utility_auc_hist_gradient_boosting_synthetic": "AUC, trained on it",
    "coverage_coverage": "coverage",
    "privacy_copies": "copies",
    "privacy_distance_ratio": "distance ratio",
    "privacy_attack_auc": "attack's AUC",
}


def main():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    y = y.map({0: "malignant", 1: "benign"}).rename("diagnosis")
    X, X_holdout, y, y_holdout = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
    real = {"real": X, "y_real": y, "holdout": X_holdout, "y_holdout": y_holdout}

    augmenter = GANAugmenter(random_state=0, verbose=1).fit(X, y)
    report = augmenter.report(X_holdout, y_holdout, X=X, y=y)
    print("\n" + report.summary() + "\n")

    RESULTS.mkdir(exist_ok=True)
    report.to_html(RESULTS / "quality_report.html")
    report.plot().savefig(RESULTS / "quality_report.png", dpi=80)
    print(f"Page: {RESULTS / 'quality_report.html'}; picture: {RESULTS / 'quality_report.png'}\n")

    rng = np.random.default_rng(0)
    shuffled = pd.DataFrame({name: rng.permutation(X[name]) for name in X})
    reports = {
        "GAN": report,
        "copies": quality_report(**real, synthetic=X, y_synthetic=y, verbose=0),
        "shuffled columns": quality_report(**real, synthetic=shuffled, y_synthetic=y, verbose=0),
    }
    verdicts = pd.DataFrame({name: found.verdicts for name, found in reports.items()})
    scores = pd.DataFrame({name: found.scores for name, found in reports.items()}).loc[[*SHOWN]]
    print(verdicts.to_string(), "\n")
    print(scores.rename(SHOWN).round(3).to_string())


if __name__ == "__main__":
    main()
