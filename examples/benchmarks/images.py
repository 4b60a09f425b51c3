"""Imbalanced images: whether a GAN's images help a classifier more than what else could be done.

Three protocols, each with fewer images of every further class and a balanced test set:

- ``digits``: scikit-learn's 8x8 digits, 100 images of the first class down to 6 of the last;
- ``deepsmote``: Fashion-MNIST with the class counts of Dablain et al. (2022), "DeepSMOTE", IEEE
  TNNLS: 4,000 down to 40;
- ``deepsmote-tenth``: a tenth of these, 400 down to 4.

A method is a way to fill every class to the size of the largest, what is done to the images while
the classifier trains, or both joined by "+": ``none``, ``class_weight``, ``ros`` (copies),
``smote``, ``ours``; ``shift`` (random translations) and ``mixup`` (convolutional classifier only).

Of the images made, ``coverage`` is the share of test images with one nearby, counted among as many
of both; ``coverage_as_many`` takes no more test images of a class than it had to learn from.

Run ``python examples/benchmarks/images.py`` for the digits, which takes some minutes. Every result
is appended to a file as it comes, and a second run goes on from there.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from imblearn.metrics import geometric_mean_score
from imblearn.over_sampling import SMOTE, RandomOverSampler
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC
from tqdm.auto import tqdm

from gan_augment import FewRowsWarning, GANAugmenter, ImageGAN
from gan_augment.benchmark.datasets import load_idx
from gan_augment.evaluation import ConvClassifier, contact_sheet, image_scores

COUNTS = {
    "digits": [100, 75, 55, 40, 30, 22, 16, 12, 8, 6],
    "deepsmote": [4000, 2000, 1000, 750, 500, 350, 200, 100, 60, 40],
    "deepsmote-tenth": [400, 200, 100, 75, 50, 35, 20, 10, 6, 4],
}
FILLS = ("none", "class_weight", "ros", "smote", "ours")
TRANSFORMS = ("shift", "mixup")
METHODS = "none,class_weight,ros,smote,shift,mixup,ros+shift,ros+mixup,ours,ours+shift,ours+mixup"
METRICS = ("class_accuracy", "macro_f1", "geometric_mean")


def load(protocol, data, seed):
    """Training images and labels of the protocol's class counts, and a balanced test set."""
    if protocol == "digits":
        digits = load_digits()
        rows = np.arange(len(digits.target))
        train, test = train_test_split(
            rows, test_size=0.4, stratify=digits.target, random_state=seed
        )
        X, y, X_test, y_test = (
            digits.images[train],
            digits.target[train],
            digits.images[test],
            digits.target[test],
        )
    else:
        X, y = load_idx(data, "train")
        X_test, y_test = load_idx(data, "t10k")
    rng = np.random.default_rng(seed)
    kept = [rng.permutation(np.flatnonzero(y == c))[:n] for c, n in enumerate(COUNTS[protocol])]
    kept = rng.permutation(np.concatenate(kept))
    return X[kept], y[kept], X_test, y_test


class Fills:
    """Training sets by the way they are filled; each is made once for a seed."""

    def __init__(self, X, y, seed, augmenter):
        self.X, self.y, self.seed, self.augmenter = X, y, seed, augmenter
        self.made = {}

    def get(self, fill):
        """Images, labels and the seconds that it took to make them."""
        if fill not in self.made:
            start = time.perf_counter()
            X, y = self.fill(fill)
            self.made[fill] = X, y, time.perf_counter() - start
        return self.made[fill]

    def fill(self, fill):
        """Real images, and what the way to fill adds to them."""
        flat = self.X.reshape(len(self.X), -1)
        if fill == "ours":
            return self.augmenter.fit_resample(self.X, self.y)
        if fill == "ros":
            sampler = RandomOverSampler(random_state=self.seed)
        elif fill == "smote":
            fewest = np.bincount(self.y).min()
            sampler = SMOTE(k_neighbors=min(5, fewest - 1), random_state=self.seed)
        else:
            return self.X, self.y
        rows, labels = sampler.fit_resample(flat, self.y)
        return rows.reshape(-1, *self.X.shape[1:]), labels


def shifted(X, most, seed):
    """Every image moved by up to `most` pixels; the border's pixels fill the gap."""
    rng = np.random.default_rng(seed)
    padded = np.pad(X, ((0, 0), (most, most), (most, most)), mode="edge")
    height, width = X.shape[1:3]
    moves = rng.integers(0, 2 * most + 1, (len(X), 2))
    return np.stack(
        [p[i : i + height, j : j + width] for p, (i, j) in zip(padded, moves, strict=True)]
    )


def classify(name, fill, transform, X, y, X_test, steps, seed):
    """Predictions for the test images; None where the method does not apply."""
    weight = "balanced" if fill == "class_weight" else None
    most = max(1, round(X.shape[1] / 14))
    if name == "cnn":
        options = {"shift": {"shift": most}, "mixup": {"mixup": 0.4}}.get(transform, {})
        model = ConvClassifier(n_steps=steps, class_weight=weight, random_state=seed, **options)
        return model.fit(X, y).predict(X_test)
    if transform == "mixup":
        return None
    if transform == "shift":
        X, y = np.concatenate([X, shifted(X, most, seed)]), np.concatenate([y, y])
    model = {
        "rf": RandomForestClassifier(200, class_weight=weight, random_state=seed),
        "lr": LogisticRegression(max_iter=1_000, class_weight=weight),
        "svc": SVC(C=10, class_weight=weight),
    }[name]
    model = make_pipeline(MinMaxScaler(), model)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)  # of convergence
        model.fit(X.reshape(len(X), -1), y)
    return model.predict(X_test.reshape(len(X_test), -1))


def as_many_as_learned(y, y_test, classes):
    """Test images of each class, as many as there were to learn from, where there are so many."""
    return np.concatenate(
        [np.flatnonzero(y_test == c)[: np.count_nonzero(y == c)] for c in classes]
    )


def parse_method(method):
    """What fills the classes, and what is done to images in training."""
    parts = method.split("+")
    fill = parts.pop(0) if parts[0] in FILLS else "none"
    transform = parts.pop(0) if parts and parts[0] in TRANSFORMS else None
    if parts:
        raise SystemExit(
            f"--methods has {method!r}. A method is one of {', '.join(FILLS)}, optionally with "
            "+shift or +mixup."
        )
    return fill, transform


def run(args, out):
    done = pd.read_json(out, lines=True) if out.exists() else pd.DataFrame()
    known = (
        {
            tuple(key)
            for key in done.get(["protocol", "seed", "classifier", "method"], []).to_numpy()
        }
        if len(done)
        else set()
    )
    work = [
        (seed, method, classifier)
        for seed in range(args.first_seed, args.first_seed + args.seeds)
        for method in args.methods.split(",")
        for classifier in args.classifiers.split(",")
        if (args.protocol, seed, classifier, method) not in known
    ]
    fills, current = None, None
    for seed, method, classifier in tqdm(work, unit="result"):
        fill, transform = parse_method(method)
        if classifier == "images" and (transform or fill not in ("smote", "ours")):
            continue
        if seed != current:
            X, y, X_test, y_test = load(args.protocol, args.data, seed)
            gan = ImageGAN(moved_share=args.moved_share)
            augmenter = GANAugmenter(backend=gan, random_state=seed, max_steps=args.max_steps)
            fills, current = Fills(X, y, seed, augmenter), seed
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FewRowsWarning)
            X_fit, y_fit, seconds = fills.get(fill)
        record = {
            "protocol": args.protocol, "seed": seed, "method": method, "classifier": classifier,
            "fill_seconds": round(seconds, 2),
        }  # fmt: skip
        start = time.perf_counter()
        if classifier == "images":
            judge = ConvClassifier(n_steps=args.steps, class_weight="balanced", random_state=seed)
            judge.fit(X, y)
            new = slice(len(X), None)
            made, y_made = X_fit[new], y_fit[new]
            if method == "ours":  # over-sampling adds moved real ones too
                made = augmenter.sample(y=y_made)
            picked = np.isin(y_test, np.unique(y_made))
            scores = image_scores(X_test[picked], made, y_test[picked], y_made, judge=judge)
            few = as_many_as_learned(y, y_test, np.unique(y_made))
            as_many = image_scores(X_test[few], made, y_test[few], y_made, judge=judge)
            scores["coverage_as_many"] = as_many["coverage"]
            record["images"] = scores.round(4).to_dict("index")
            record["typical"] = float((judge.predict(made) == y_made).mean())
            if method == "ours":
                sheet = contact_sheet(X, made, y, y_made)
                sheet.savefig(out.with_name(f"{args.protocol}_{seed}.png"), dpi=100)
        else:
            predicted = classify(
                classifier, fill, transform, X_fit, y_fit, X_test, args.steps, seed
            )
            if predicted is None:
                continue
            record |= {
                "class_accuracy": balanced_accuracy_score(y_test, predicted),
                "macro_f1": f1_score(y_test, predicted, average="macro"),
                "geometric_mean": geometric_mean_score(y_test, predicted, average="multiclass"),
            }
        record["seconds"] = round(time.perf_counter() - start, 2)
        with out.open("a") as file:
            file.write(json.dumps(record) + "\n")


def show(out, protocol, against):
    results = pd.read_json(out, lines=True)
    results = results[results["protocol"] == protocol]
    scored = results[results["classifier"] != "images"]
    for classifier, part in scored.groupby("classifier", sort=False):
        seeds = part["seed"].nunique()
        print(f"\n{protocol}, {classifier}: mean of {seeds} seeds, and difference to {against}")
        lines = {}
        for method, mine in part.groupby("method", sort=False):
            line = {}
            for metric in METRICS:
                values = mine.set_index("seed")[metric]
                base = part[part["method"] == against].set_index("seed")[metric]
                difference = (values - base).dropna()
                line[metric] = f"{values.mean():.3f}"
                if method != against and len(difference) > 1:
                    error = difference.std(ddof=1) / len(difference) ** 0.5
                    line[metric] += f" ({difference.mean():+.3f} ± {error:.3f})"
            line["fill s"] = f"{mine['fill_seconds'].mean():.0f}"
            line["train s"] = f"{mine['seconds'].mean():.1f}"
            lines[method] = line
        print(pd.DataFrame.from_dict(lines, orient="index").to_string())
    pictures = results[results["classifier"] == "images"]
    for method, mine in pictures.groupby("method", sort=False):
        tables = [pd.DataFrame.from_dict(record, orient="index") for record in mine["images"]]
        print(f"\n{protocol}, images of {method} against test images, mean of {len(mine)} seeds; "
              f"taken for their class: {mine['typical'].mean():.3f}")  # fmt: skip
        print((sum(tables) / len(tables)).round(3).to_string())


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--protocol", choices=list(COUNTS), default="digits")
    parser.add_argument("--data", default="data/fashion-mnist", help="folder of the idx files")
    parser.add_argument("--methods", default=METHODS)
    parser.add_argument(
        "--classifiers",
        default="cnn,rf,lr,svc,images",
        help="images: how close the GAN's and SMOTE's come to test images",
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=1_000, help="of the convolutional classifier")
    parser.add_argument("--max-steps", default="auto", help="of the GAN")
    parser.add_argument("--moved-share", default="auto", help="of ImageGAN; 0: the GAN's alone")
    parser.add_argument("--against", default="smote", help="method to subtract")
    parser.add_argument("--out", type=Path, default=Path("results/images.jsonl"))
    args = parser.parse_args()
    args.max_steps = args.max_steps if args.max_steps == "auto" else int(args.max_steps)
    args.moved_share = args.moved_share if args.moved_share == "auto" else float(args.moved_share)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    run(args, args.out)
    show(args.out, args.protocol, args.against)


if __name__ == "__main__":
    main()
