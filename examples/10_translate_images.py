"""Images of one kind turned into another, without pairs: negatives, and a scarce class.

First, digits become white on black or black on white, though no digit was ever seen in both ways.
Then images of a plentiful class are translated into a scarce one, as an over-sampler in an
imbalanced-learn Pipeline. Two or three minutes on a laptop.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from imblearn import FunctionSampler
from imblearn.pipeline import make_pipeline
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from gan_augment import ImageTranslator

RESULTS = Path("results")
PLENTIFUL, SCARCE = 3, 8
COUNTS = {PLENTIFUL: 100, SCARCE: 10}


def flattened(X):
    """Images as rows."""
    return X.reshape(len(X), -1)


def translate_plentiful(X, y):
    """Images and labels, with plentiful ones added that were translated into scarce ones."""
    plentiful, scarce = X[y == PLENTIFUL], X[y == SCARCE]
    translator = ImageTranslator(paired=False, random_state=0).fit(plentiful, scarce)
    made = translator.predict(plentiful[: len(plentiful) - len(scarce)])
    return np.concatenate([X, made]), np.append(y, np.full(len(made), SCARCE))


def negatives(X, X_test, y, y_test):
    """Translate there and back; the accuracy of a classifier of real negatives."""
    half = len(X) // 2
    translator = ImageTranslator(paired=False, random_state=0, verbose=1)
    translator.fit(X[:half], 16 - X[half:])
    there = translator.predict(X_test)
    back = translator.inverse_transform(there)
    judge = SVC(C=10).fit(flattened(16 - X), y)
    rows = {"given": X_test, "translated": there, "and back": back}
    return rows, {
        "translated": judge.score(flattened(there), y_test),
        "real negatives": judge.score(flattened(16 - X_test), y_test),
    }


def scarce_class(X, X_test, y, y_test):
    """F1 of the scarce class, without and with translated images."""
    rows = np.concatenate([np.flatnonzero(y == label)[:n] for label, n in COUNTS.items()])
    tested = np.isin(y_test, [PLENTIFUL, SCARCE])
    classifier = [FunctionTransformer(flattened), SVC(C=10)]
    sampler = FunctionSampler(func=translate_plentiful, validate=False)
    scores = {}
    for name, steps in {"without": classifier, "with": [sampler, *classifier]}.items():
        predicted = make_pipeline(*steps).fit(X[rows], y[rows]).predict(X_test[tested])
        scores[name] = f1_score(y_test[tested], predicted, pos_label=SCARCE)
    X_more, _ = translate_plentiful(X[rows], y[rows])
    made = X_more[len(rows) :]
    return {"threes": X[rows], "as eights": made, "real eights": X[y == SCARCE]}, scores


def draw(path, rows):
    """Images in lines of ten."""
    figure, axes = plt.subplots(len(rows), 10, figsize=(9, len(rows)), layout="constrained")
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        line[0].set_ylabel(name)
        for cell, image in zip(line, images, strict=False):
            cell.imshow(image, cmap="gray", vmin=0, vmax=16)
            cell.set(xticks=[], yticks=[])
    figure.savefig(path, dpi=80)
    print(f"Picture: {path}")


def main():
    digits = load_digits()
    X, X_test, y, y_test = train_test_split(
        digits.images, digits.target, test_size=0.4, stratify=digits.target, random_state=0
    )
    RESULTS.mkdir(exist_ok=True)
    rows, accuracy = negatives(X, X_test, y, y_test)
    draw(RESULTS / "negatives.png", rows)
    print("Accuracy of a classifier that knows real negatives only:")
    print(pd.Series(accuracy).round(3).to_string(), "\n")

    rows, scores = scarce_class(X, X_test, y, y_test)
    draw(RESULTS / "scarce_class.png", rows)
    print(f"F1 of a class of {COUNTS[SCARCE]} images, without and with translated ones:")
    print(pd.Series(scores).round(3).to_string())


if __name__ == "__main__":
    main()
