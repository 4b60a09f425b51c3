r"""The gate on many data sets: `AugmentedClassifier` against nothing and its rivals.

    python examples/benchmarks/gate.py --sets breast_cancer_rare wine_rare --out results/gate
    python examples/benchmarks/gate.py --data FOLDER --train-rows 1000 --minority 25 \
        --seeds 3 --folds 3 --out results/gate25
    python examples/benchmarks/gate.py --data FOLDER --train-rows 1000 \
        --minority 5 10 25 50 100 250 500 --methods tuned_threshold smote gated --out results/few

Only training folds are made small (``--train-rows``, ``--minority``): scores are of all rows of the
test folds, which few positives would leave to chance. Beside the methods of ``downstream.py``:

- ``gated``: `AugmentedClassifier` with ``threshold="f1"``; its five inner GANs and the last one are
  trained once per fold and shared by all learners, through ``OUT/memory``;
- ``gan``: the smaller class filled to the size of the larger, by that last GAN;
- ``gan_weighted``: the same, with real and synthetic rows of a class weighing together what the
  real ones weighed (``keep_prior=True``);
- ``gated_copies``: the gate with copies of real rows instead of synthetic ones. What it gains comes
  from averaging models and from choosing, not from augmentation.

``F1`` is at the threshold that a method itself uses; ``F1_best`` at the best threshold of the test
rows; ``F1_at_half`` and ``accuracy_at_half`` at 0.5 for every method. Test rows are weighted to the
class shares of the training folds, so that thresholds and probabilities are judged fairly. A cell
is a data set and a learner, and its score the mean over folds and seeds. Scores are kept as they
come, and a run goes on where it stopped. ``--out`` gets ``cells.csv``, ``summary.md`` with every
losing cell, and ``gain.png`` where there are several numbers of minority rows.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from imblearn.over_sampling import RandomOverSampler
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    precision_recall_curve,
)
from sklearn.model_selection import RepeatedStratifiedKFold

from gan_augment import AugmentedClassifier, GANAugmenter
from gan_augment.benchmark import METHODS, BenchmarkResult, compare
from gan_augment.benchmark.datasets import BUNDLED, Dataset, load_bundled, load_folder
from gan_augment.benchmark.page import markdown_table
from gan_augment.benchmark.panel import all_cells, block_scores, costs, panel_ranks
from gan_augment.figures import new_figure

RIVALS = ("class_weight", "tuned_threshold", "random_over", "smote")
OURS = ("gan", "gan_weighted", "gated", "gated_copies")
METRICS = ("AP", "F1_best", "F1", "negative_Brier", "accuracy_at_half", "F1_at_half")
TIE, CLEARLY = 0.002, 0.01


class Augmented:
    """A method for `compare`: a function of a learner, with settings."""

    def __init__(self, augmenter: Any, memory: str, **settings: Any):
        self.augmenter = augmenter
        self.memory = memory
        self.settings = settings

    def __call__(self, learner: Any) -> AugmentedClassifier:
        """What `compare` fits in the learner's place."""
        return AugmentedClassifier(learner, self.augmenter, memory=self.memory, **self.settings)


class SmallTraining:
    """Stratified folds whose training parts are cut to a size and to so many minority rows."""

    def __init__(self, folds: int, seeds: int, rows: int | None, minority: int | None):
        self.splitter = RepeatedStratifiedKFold(n_splits=folds, n_repeats=seeds, random_state=0)
        self.rows = rows
        self.minority = minority

    def minority_share(self, y: np.ndarray) -> float:
        """Share of the rarer class in a training fold."""
        labels, counts = np.unique(y, return_counts=True)
        train, _ = next(self.split(np.zeros((len(y), 1)), y))
        return float(np.mean(y[train] == labels[counts.argmin()]))

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Folds of all repetitions."""
        return self.splitter.get_n_splits()

    def split(self, X: Any, y: Any, groups: Any = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Training and test rows."""
        y = np.asarray(y)
        labels, counts = np.unique(y, return_counts=True)
        rarest = labels[counts.argmin()]
        for number, (train, test) in enumerate(self.splitter.split(X, y)):
            train = np.random.default_rng(number).permutation(train)
            few, rest = train[y[train] == rarest], train[y[train] != rarest]
            if self.rows is not None and self.rows < len(train):
                share = self.rows / len(train)
                kept = round(share * len(few)) if self.minority is None else self.minority
                few = few[: max(kept, 2)]
                rest = rest[: self.rows - len(few)]
            if self.minority is not None:
                few = few[: self.minority]
            yield np.sort(np.concatenate([few, rest])), test


class Scores:
    """Scorers for `compare` under the class shares of the training folds, greater being better.

    A training fold with fewer minority rows has another share of them than its test fold; rows of
    the test fold are weighted so that the shares agree, as they would in use.
    """

    def __init__(self, minority_share: float):
        self.minority_share = minority_share
        self._last: tuple[Any, Any, dict[str, float]] = (None, None, {})

    def scorers(self) -> dict[str, Any]:
        """A function of (classifier, X, y) for each score."""
        return {name: partial(self._one, name) for name in (*METRICS, "synthetic_rows")}

    def _one(self, name: str, model: Any, X: pd.DataFrame, y: np.ndarray) -> float:
        if self._last[0] is not model or self._last[1] is not X:
            self._last = (model, X, self._all(model, X, y))
        return self._last[2][name]

    def _all(self, model: Any, X: pd.DataFrame, y: np.ndarray) -> dict[str, float]:
        labels, counts = np.unique(y, return_counts=True)
        rarest = labels[counts.argmin()]
        truth = y == rarest
        weight = np.where(
            truth,
            self.minority_share / truth.mean(),
            (1 - self.minority_share) / (1 - truth.mean()),
        )
        p = model.predict_proba(X)[:, list(model.classes_).index(rarest)]
        precision, recall, _ = precision_recall_curve(truth, p, sample_weight=weight)
        f1 = partial(f1_score, truth, sample_weight=weight, zero_division=0)
        return {
            "AP": average_precision_score(truth, p, sample_weight=weight),
            "F1_best": (2 * precision * recall / np.maximum(precision + recall, 1e-12)).max(),
            "F1": f1(model.predict(X) == rarest),
            "F1_at_half": f1(p > 0.5),
            "accuracy_at_half": accuracy_score(truth, p > 0.5, sample_weight=weight),
            "negative_Brier": -np.average((p - truth) ** 2, weights=weight),
            "synthetic_rows": float(sum(getattr(model, "n_synthetic_", {"": np.nan}).values())),
        }


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    out = Path(options.out)
    results: dict[tuple[str, int | None], BenchmarkResult] = {}
    for minority in options.minority or [None]:
        for dataset in load(options):
            if len(np.unique(dataset.y)) > 2:
                continue
            data = dataset.prepared(options.rows, random_state=0)
            name = data.name if minority is None else f"{data.name}, {minority} rows"
            cv = SmallTraining(options.folds, options.seeds, options.train_rows, minority)
            counts = np.unique(data.y, return_counts=True)[1]
            if minority is not None and counts.min() * (1 - 1 / options.folds) < minority:
                continue
            print(f"{name}: {len(data.y)} rows, {counts.min()} of the minority", flush=True)
            results[data.name, minority] = compare(
                data.X,
                data.y,
                methods=methods(options, out),
                learners=options.learners or "default",
                scoring=Scores(cv.minority_share(data.y)).scorers(),
                cv=cv,
                n_jobs=options.n_jobs,
                output=out / name.replace(", ", "_").replace(" ", "_"),
                retry_failures=options.retry_failures,
            )
            write(results, out)
    if not results:
        raise SystemExit("No data set has two classes and as many rows of the smaller as asked.")
    print((out / "summary.md").read_text(encoding="utf-8"))


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", help="folder of CSV files with datasets.json")
    parser.add_argument(
        "--sets", nargs="+", help=f"names of data sets; bundled: {', '.join(BUNDLED)}"
    )
    parser.add_argument("--rows", type=int, default=6000, help="at most so many rows of each")
    parser.add_argument("--train-rows", type=int, help="at most so many of a training fold")
    parser.add_argument(
        "--minority", type=int, nargs="+", help="rows of the smaller class in a training fold"
    )
    parser.add_argument("--seeds", type=int, default=1, help="repetitions, each with other folds")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--methods", nargs="+", help=f"from: {', '.join((*METHODS, *OURS[1:]))}")
    parser.add_argument("--learners", nargs="+")
    parser.add_argument("--max-steps", type=int, help="of the GAN, instead of its default")
    parser.add_argument("--n-jobs", type=int, default=None)
    parser.add_argument("--retry-failures", action="store_true")
    parser.add_argument("--out", default="results/gate")
    return parser.parse_args(arguments)


def load(options: argparse.Namespace) -> Iterator[Dataset]:
    if options.data:
        return iter(load_folder(options.data, options.sets))
    return (load_bundled(name) for name in options.sets or BUNDLED)


def methods(options: argparse.Namespace, out: Path) -> dict[str, Any]:
    gan = GANAugmenter(max_steps=options.max_steps or "auto")
    memory = str((out / "memory").resolve())
    ours = {
        "gan": Augmented(gan, memory, amount="auto", keep_prior=False),
        "gan_weighted": Augmented(gan, memory, amount="auto"),
        "gated": Augmented(gan, memory, threshold="f1"),
        "gated_copies": Augmented(RandomOverSampler(), memory, threshold="f1"),
    }
    return {name: ours.get(name, name) for name in options.methods or (*RIVALS, *OURS)}


def write(results: dict[tuple[str, int | None], BenchmarkResult], out: Path) -> None:
    """All that is known so far."""
    tables = []
    for minority in dict.fromkeys(key[1] for key in results):
        these = {name: result for (name, m), result in results.items() if m == minority}
        tables.append(all_cells(these).assign(minority=minority or 0))
    cells = pd.concat(tables, ignore_index=True)
    cells.to_csv(out / "cells.csv", index=False)
    (out / "summary.md").write_text(summary(cells), encoding="utf-8")
    if cells["minority"].nunique() > 1:
        picture(cells, out / "gain.png")


def summary(cells: pd.DataFrame) -> str:
    parts = ["# The gate against nothing and its rivals\n"]
    for minority, these in cells.groupby("minority", sort=False):
        title = f"{minority} minority rows to learn from" if minority else "All minority rows"
        parts += [f"## {title}\n", *_of_size(these)]
    parts += ["## Cost: means of a fold\n", markdown_table(costs(cells).reset_index())]
    bad = cells[cells["status"].isin(("failed", "timeout"))]
    if len(bad):
        reasons = bad.groupby(["dataset", "method", "status", "reason"], sort=False).size()
        parts += ["## Without a score\n", markdown_table(reasons.rename("fits").reset_index())]
    return "\n".join(parts)


def _of_size(cells: pd.DataFrame) -> Iterator[str]:
    for metric in METRICS:
        yield f"### {metric}: each method against none\n"
        yield markdown_table(against_none(cells, metric))
    names = set(cells["method"])
    if "gated_copies" in names and "gated" in names:
        yield "### AP: each method against gated_copies\n"
        ranks = panel_ranks(cells, "AP", "gated_copies", tie=TIE)
        yield markdown_table(ranks.reset_index())
    if "gated" in names:
        yield "### Cells in which the gate loses\n"
        yield markdown_table(losing_cells(cells))
        yield "### What the gate added: mean rows, over folds\n"
        rows = block_scores(cells[cells["method"] == "gated"], "synthetic_rows")["gated"]
        yield markdown_table(rows.unstack("learner").reset_index())  # noqa: PD010


def against_none(cells: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Mean score, ranks and tests, and the shares that the gate is judged by."""
    ranks = panel_ranks(cells, metric, "none", tie=TIE)
    scores = block_scores(cells, metric)
    better = scores.sub(scores["none"], axis=0)
    table = ranks[["mean_rank", "mean", "wins", "ties", "losses", "worst", "p"]].copy()
    table.insert(0, "score", scores.mean())
    table["not_worse"] = (better >= -TIE).mean()
    table["clearly_worse"] = (better < -CLEARLY).mean()
    return table.reset_index()


def losing_cells(cells: pd.DataFrame) -> pd.DataFrame:
    """Every data set and learner where the gate is worse than none by more than a tie."""
    records = []
    for metric in METRICS[:4]:
        scores = block_scores(cells, metric)
        change = scores["gated"] - scores["none"]
        for (dataset, learner), value in change[change < -TIE].sort_values().items():
            none, gated = scores.loc[(dataset, learner), ["none", "gated"]]
            row = {"metric": metric, "dataset": dataset, "learner": learner}
            records.append(row | {"none": none, "gated": gated, "change": value})
    return pd.DataFrame(
        records, columns=["metric", "dataset", "learner", "none", "gated", "change"]
    )


def picture(cells: pd.DataFrame, path: Path) -> None:
    """Mean gain over none against the number of minority rows, a line per method."""
    colours = {"gated": "#1b7837", "smote": "#b2182b", "tuned_threshold": "#2166ac"}
    colours |= {"gated_copies": "#a6a6a6", "gan": "#7fbf7b"}
    names = [name for name in colours if name in set(cells["method"])]
    sizes = sorted(cells["minority"].unique())
    figure = new_figure(10, 3.8)
    for axes, metric in zip(figure.subplots(1, 2), ("AP", "F1"), strict=True):
        for name in names:
            gains = []
            for size in sizes:
                scores = block_scores(cells[cells["minority"] == size], metric)
                gains.append((scores[name] - scores["none"]).dropna())
            means = np.array([gain.mean() for gain in gains])
            errors = np.array([gain.sem() for gain in gains])
            label = name.replace("_", " ")
            axes.plot(sizes, means, "o-", color=colours[name], ms=4, label=label)
            axes.fill_between(
                sizes, means - errors, means + errors, color=colours[name], alpha=0.15, lw=0
            )
        axes.axhline(0, color="black", lw=0.8, label="nothing")
        axes.set_xscale("log")
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        axes.set_xlabel("minority rows to learn from")
        name = {"AP": "average precision", "F1": "F1 of the minority"}[metric]
        axes.set_title(f"{name}: gain over nothing")
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=130)


if __name__ == "__main__":
    main()
