"""Translation between two kinds of images, judged by a classifier that knows real ones only.

Tasks, each on test images that were not trained on:

- ``edges``: Sobel edges of Fashion-MNIST to the images themselves, from 10,000 pairs; 2,000 test
  images;
- ``inverted``: digits to their negatives, without pairs: no digit of one side is on the other;
- ``turned``: digits to digits that are turned by a quarter, without pairs;
- ``augment``: images of a plentiful class into images of a scarce one, which are added to it;
  average precision, F1 and accuracy of classifiers beside those of nothing, copies, SMOTE and the
  GAN.

The judge is trained on real images of the kind that is asked for. Its accuracy on translated images
stands beside that on real ones, and on the untranslated.

Results are appended to a file as they come, and a second run goes on from there.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from itertools import product
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, RandomOverSampler
from scipy.ndimage import correlate
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

from gan_augment import FewRowsWarning, GANAugmenter, ImageTranslator
from gan_augment.benchmark.datasets import load_idx
from gan_augment.evaluation import ConvClassifier

TASKS = ("edges", "inverted", "turned", "augment")
CLASSIFIERS = {
    "logistic regression": LogisticRegression(max_iter=2_000),
    "random forest": RandomForestClassifier(200, random_state=0),
    "support vector machine": SVC(C=10),
}
AUGMENTED = {
    "digits 3 to 8": ("digits", 3, 8, 100, 12),
    "digits 1 to 7": ("digits", 1, 7, 100, 12),
    "T-shirt to shirt": ("fashion", 0, 6, 1_000, 40),
    "sneaker to ankle boot": ("fashion", 7, 9, 1_000, 40),
}


def edges_of(images):
    """How steep every image is, by Sobel's filters, as 8-bit images."""
    # Not scipy.ndimage.sobel, which would smooth across images too.
    kernel = np.outer([1, 2, 1], [1, 0, -1]).astype(np.float32)
    images = images.astype(np.float32)
    steepness = np.hypot(correlate(images, kernel[None]), correlate(images, kernel.T[None]))
    return np.rint(steepness / steepness.max() * 255).astype(np.uint8)


def new_translator(seed, args, *, paired):
    """A translator with the settings of the command line."""
    return ImageTranslator(
        paired=paired,
        adversarial_weight=args.weight,
        max_steps=args.max_steps,
        random_state=seed,
        verbose=1,
    )


def edges(seed, args):
    """Pairs: the judge's accuracy on images that were made of edges."""
    rng = np.random.default_rng(seed)
    (X, y), (X_test, y_test) = (load_idx(args.data, part) for part in ("train", "t10k"))
    rows = rng.permutation(len(X))
    pairs, judged = rows[:10_000], rows[10_000:40_000]
    test = rng.choice(len(X_test), 2_000, replace=False)
    X_test, y_test = X_test[test], y_test[test]
    start = time.process_time()
    translator = new_translator(seed, args, paired=True)
    translator.fit(edges_of(X[pairs]), X[pairs])
    seconds = time.process_time() - start
    given = edges_of(X_test)
    made = translator.predict(given)
    judge = ConvClassifier(n_steps=args.judge_steps, random_state=seed)
    judge.fit(X[judged], y[judged])
    return result(judge, y_test, X_test, given, made, seconds) | {
        "psnr": translator.score(given, X_test),
        "picture": [given, made, X_test],
    }


def without_pairs(change, seed, args):
    """No pairs: the judge's accuracy on digits that were translated there, and back."""
    digits = load_digits()
    X, X_test, y, y_test = train_test_split(
        digits.images, digits.target, test_size=0.3, stratify=digits.target, random_state=seed
    )
    half = np.random.default_rng(seed).permutation(len(X))
    left, right = half[: len(X) // 2], half[len(X) // 2 :]
    start = time.process_time()
    translator = new_translator(seed, args, paired=False)
    translator.fit(X[left], change(X[right]))
    seconds = time.process_time() - start
    judge = SVC(C=10).fit(change(X).reshape(len(X), -1) / 16, y)
    flat = FlatJudge(judge)
    made, truth = translator.predict(X_test), change(X_test)
    back = FlatJudge(SVC(C=10).fit(X.reshape(len(X), -1) / 16, y))
    return result(flat, y_test, truth, X_test, made, seconds) | {
        "psnr": translator.score(X_test, truth),
        "back": float((back.predict(translator.inverse_transform(truth)) == y_test).mean()),
        "picture": [X_test, made, truth],
    }


class FlatJudge:
    """A classifier of rows, for digits."""

    def __init__(self, classifier):
        self.classifier = classifier

    def predict(self, images):
        """Classes of images."""
        return self.classifier.predict(images.reshape(len(images), -1) / 16)


def result(judge, y, real, given, made, seconds):
    """Accuracies of the judge."""
    return {
        "translated": float((judge.predict(made) == y).mean()),
        "real": float((judge.predict(real) == y).mean()),
        "untranslated": float((judge.predict(given) == y).mean()),
        "fit_seconds": seconds,
    }


def fill(method, X, y, seed, args, made_of):
    """Training images and labels, both classes alike in number; translates once."""
    flat, n_missing = X.reshape(len(X), -1), int((y == 0).sum() - (y == 1).sum())
    if method == "nothing":
        return X, y
    if method in ("copies", "SMOTE"):
        sampler = {"copies": RandomOverSampler, "SMOTE": SMOTE}[method](random_state=seed)
        rows, labels = sampler.fit_resample(flat, y)
        return rows.reshape(-1, *X.shape[1:]), labels
    if method == "GAN":
        return GANAugmenter(random_state=seed).fit_resample(X, y)
    if not made_of:
        translator = new_translator(seed, args, paired=False)
        chosen = np.random.default_rng(seed).permutation(np.flatnonzero(y == 0))[:n_missing]
        made_of.append(translator.fit(X[y == 0], X[y == 1]).predict(X[chosen]))
    made = made_of[0]
    if method == "translation and copies":
        copies = np.random.default_rng(seed).choice(np.flatnonzero(y == 1), n_missing // 2)
        made = np.concatenate([made[: n_missing - len(copies)], X[copies]])
    return np.concatenate([X, made]), np.append(y, np.ones(len(made), y.dtype))


def augment(case, method, seed, args, made_of):
    """Scores of classifiers of a plentiful class and a scarce one."""
    source, plentiful, scarce, *counts = AUGMENTED[case]
    if source == "digits":
        digits = load_digits()
        X, X_test, y, y_test = train_test_split(
            digits.images, digits.target, test_size=0.4, stratify=digits.target, random_state=seed
        )
    else:
        (X, y), (X_test, y_test) = (load_idx(args.data, part) for part in ("train", "t10k"))
    rng = np.random.default_rng(seed)
    rows = [
        rng.permutation(np.flatnonzero(y == label))[:n]
        for label, n in zip((plentiful, scarce), counts, strict=True)
    ]
    labels = np.repeat([0, 1], [len(part) for part in rows])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FewRowsWarning)
        start = time.process_time()
        X_fit, y_fit = fill(method, X[np.concatenate(rows)], labels, seed, args, made_of)
        seconds = time.process_time() - start
    tested = np.isin(y_test, (plentiful, scarce))
    X_test, y_test = X_test[tested], (y_test[tested] == scarce).astype(int)
    for name, classifier in CLASSIFIERS.items():
        model = make_pipeline(MinMaxScaler(), classifier).fit(X_fit.reshape(len(X_fit), -1), y_fit)
        flat = X_test.reshape(len(X_test), -1)
        scores = (
            model.decision_function(flat)
            if hasattr(classifier, "decision_function")
            else model.predict_proba(flat)[:, 1]
        )
        predicted = model.predict(flat)
        yield {
            "classifier": name,
            "average_precision": float(average_precision_score(y_test, scores)),
            "f1": float(f1_score(y_test, predicted)),
            "accuracy": float((predicted == y_test).mean()),
            "fill_seconds": seconds,
        }


def draw(path, rows):
    """Images that were given, what was made of them, and what they should be."""
    figure, axes = plt.subplots(3, 10, figsize=(10, 3.2), layout="constrained")
    names = ("given", "translated", "real")
    for line, name, images in zip(axes, names, rows, strict=True):
        line[0].set_ylabel(name)
        for cell, image in zip(line, images, strict=False):
            cell.imshow(image, cmap="gray")
            cell.set(xticks=[], yticks=[])
    figure.savefig(path, dpi=100)
    plt.close(figure)


def run(args, out):
    """Do what is not yet in the file."""
    known = set()
    if out.exists():
        done = pd.read_json(out, lines=True)
        known = {tuple(key) for key in done[["task", "method", "seed"]].to_numpy()}

    def write(task, method, seed, record):
        record = {"task": task, "method": method, "seed": seed, **record}
        print(json.dumps(record), flush=True)
        with out.open("a") as file:
            file.write(json.dumps(record) + "\n")

    changes = {"inverted": lambda X: 16 - X, "turned": lambda X: np.rot90(X, axes=(1, 2))}
    for seed, task in product(range(args.first_seed, args.first_seed + args.seeds), args.tasks):
        if task == "augment":
            for case in args.cases:
                made_of = []
                for method in args.methods:
                    if (case, method, seed) not in known:
                        for record in augment(case, method, seed, args, made_of):
                            write(case, method, seed, record)
            continue
        name = f"weight {args.weight}"
        if (task, name, seed) in known:
            continue
        record = edges(seed, args) if task == "edges" else without_pairs(changes[task], seed, args)
        draw(out.with_name(f"{task}_{seed}.png"), record.pop("picture"))
        write(task, name, seed, record)


def show(out):
    """Means over seeds of all that the file holds."""
    results = pd.read_json(out, lines=True)
    for task, part in results.groupby("task", sort=False):
        print(f"\n{task}: mean of {part['seed'].nunique()} seed(s)")
        keys = ["classifier", "method"] if task in AUGMENTED else ["method"]
        numbers = part.drop(columns="seed").select_dtypes("number").columns
        table = part.groupby(keys, sort=False)[list(numbers)].mean().dropna(axis=1, how="all")
        print(table.round(3).to_string(na_rep=""))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--cases", nargs="+", choices=list(AUGMENTED), default=list(AUGMENTED))
    parser.add_argument(
        "--methods",
        nargs="+",
        default=["nothing", "copies", "SMOTE", "GAN", "translation", "translation and copies"],
    )
    parser.add_argument("--data", default="data/fashion-mnist", help="folder of the idx files")
    parser.add_argument("--weight", default="auto", help="of the game")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--judge-steps", type=int, default=2_000)
    parser.add_argument("--max-steps", default="auto", help="of the translator")
    parser.add_argument("--out", type=Path, default=Path("results/translation.jsonl"))
    args = parser.parse_args()
    args.max_steps = args.max_steps if args.max_steps == "auto" else int(args.max_steps)
    args.weight = args.weight if args.weight == "auto" else float(args.weight)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    run(args, args.out)
    show(args.out)


if __name__ == "__main__":
    main()
