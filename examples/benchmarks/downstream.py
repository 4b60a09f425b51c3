r"""Does augmentation help? Every method on many data sets, with and without.

    python examples/benchmarks/downstream.py --out results/downstream
    python examples/benchmarks/downstream.py --data FOLDER --rows 6000 --seeds 3 --folds 3 \
        --out results/panel

Without ``--data`` or ``--openml`` it runs on data that comes with scikit-learn. It goes on where it
stopped when it is started again with the same ``--out``, which gets

- ``cells.csv``: every score,
- ``summary.md``: mean ranks, wins, ties and losses, differences, seconds, failures,
- ``differences.png``: what each method changed on each data set,
- a folder for each data set, with its page ``report.html``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from gan_augment.benchmark import METHODS, BenchmarkResult, compare
from gan_augment.benchmark.datasets import BUNDLED, Dataset, load_bundled, load_folder, load_openml
from gan_augment.benchmark.page import markdown_table
from gan_augment.benchmark.panel import all_cells, block_scores, costs, panel_ranks
from gan_augment.benchmark.plots import HELPS, HURTS, UNCLEAR, new_figure
from gan_augment.benchmark.scores import LOWER_IS_BETTER

METRICS = ("accuracy", "f1", "f1_best", "average_precision", "roc_auc", "brier")


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    out = Path(options.out)
    results: dict[str, BenchmarkResult] = {}
    notes = []
    for dataset in load(options):
        data = dataset.prepared(options.rows, random_state=0)
        counts = pd.Series(data.y).value_counts().to_dict()
        notes.append(
            f"- {data.name}: {data.X.shape[0]} rows, {data.X.shape[1]} columns, classes {counts}"
        )
        notes[-1] += f" ({data.note})" if data.note else ""
        print(notes[-1][2:])
        try:
            results[data.name] = compare(
                data.X,
                data.y,
                methods=options.methods or "default",
                learners=options.learners or "default",
                cv=options.folds,
                seeds=options.seeds,
                n_jobs=options.n_jobs,
                max_seconds=options.max_seconds,
                output=out / data.name,
                retry_failures=options.retry_failures,
            )
        except ValueError as error:  # these data cannot be compared on; the others can
            notes.append(f"  Left out: {error}")
            print(notes[-1])
            continue
        results[data.name].to_html(out / data.name / "report.html")
        write(results, notes, out)
    if not results:
        raise SystemExit("No data set could be compared on.")
    print((out / "summary.md").read_text(encoding="utf-8"))
    print(f"Written to {out}: cells.csv, summary.md, differences.png")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", help="folder of CSV files with datasets.json")
    parser.add_argument("--openml", nargs="+", default=[], help="names at openml.org")
    parser.add_argument(
        "--sets", nargs="+", help=f"names of data sets; bundled: {', '.join(BUNDLED)}"
    )
    parser.add_argument("--rows", type=int, default=6000, help="at most so many rows of each")
    parser.add_argument("--seeds", type=int, default=3, help="repetitions, each with other folds")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--methods", nargs="+", help=f"from: {', '.join(METHODS)}")
    parser.add_argument("--learners", nargs="+")
    parser.add_argument("--n-jobs", type=int, default=None)
    parser.add_argument("--max-seconds", type=float, default=None, help="per method and fold")
    parser.add_argument("--retry-failures", action="store_true")
    parser.add_argument("--out", default="results/downstream")
    return parser.parse_args(arguments)


def load(options: argparse.Namespace) -> list[Dataset]:
    found = [load_openml(name) for name in options.openml]
    if options.data:
        return found + load_folder(options.data, options.sets)
    return found + [load_bundled(n) for n in options.sets or (() if found else BUNDLED)]


def write(results: dict[str, BenchmarkResult], notes: list[str], out: Path) -> None:
    """All that is known so far."""
    cells = all_cells(results)
    cells.to_csv(out / "cells.csv", index=False)
    (out / "summary.md").write_text(summary(cells, notes), encoding="utf-8")
    picture(cells, out / "differences.png")


def summary(cells: pd.DataFrame, notes: list[str]) -> str:
    parts = ["# With and without augmentation\n", *notes, ""]
    rivals = [name for name in ("none", "smote") if name in set(cells["method"])]
    for metric in METRICS:
        for against in rivals:
            ranks = panel_ranks(cells, metric, against)
            attrs = ranks.attrs
            parts += [
                f"## {metric}, against {against}\n",
                f"{attrs['blocks']} blocks (data set and learner). Friedman p = "
                f"{attrs['friedman_p']:.2g}; mean ranks that differ by more than "
                f"{attrs['critical_difference']:.2f} differ at 5% (Nemenyi). Positive differences "
                "are better; up to .002 is a tie.\n",
                markdown_table(ranks.reset_index()),
            ]
    parts += ["## Cost: means of a fold\n", markdown_table(costs(cells).reset_index())]
    parts += ["## Every cell: mean F1\n", markdown_table(block_scores(cells, "f1").reset_index())]
    bad = cells[cells["status"] != "ok"]
    if len(bad):
        reasons = bad.groupby(["dataset", "method", "status", "reason"], sort=False).size()
        parts += ["## Without a score\n", markdown_table(reasons.rename("fits").reset_index())]
    return "\n".join(parts)


def picture(cells: pd.DataFrame, path: Path) -> None:
    """A dot per data set and learner: what the method changed, and its mean."""
    others = [name for name in dict.fromkeys(cells["method"]) if name != "none"]
    if not others:
        return
    figure = new_figure(3 + 2.6 * 4, 1.2 + 0.4 * len(others))
    panels = figure.subplots(1, 4, sharey=True)
    for axes, metric in zip(
        panels, ("accuracy", "f1", "f1_best", "average_precision"), strict=True
    ):
        scores = block_scores(cells, metric)
        sign = -1 if metric in LOWER_IS_BETTER else 1
        for height, name in enumerate(others):
            better = sign * (scores[name] - scores["none"]).dropna()
            colours = [HELPS if b > 0 else HURTS if b < 0 else UNCLEAR for b in better]
            axes.scatter(better, [height] * len(better), s=14, c=colours, alpha=0.45, linewidths=0)
            if len(better):
                axes.plot(better.mean(), height, "|", color="black", ms=14, mew=2)
        axes.axvline(0, color="black", lw=0.8)
        axes.set_title(f"{metric.replace('_', ' ')}: better than none by", fontsize=9)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_yticks(range(len(others)), others)
    panels[0].set_ylim(len(others) - 0.5, -0.5)
    figure.savefig(path, dpi=130)


if __name__ == "__main__":
    main()
