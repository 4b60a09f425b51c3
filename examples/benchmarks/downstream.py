r"""Does augmentation help? Every method on many data sets, with and without.

    python examples/benchmarks/downstream.py --out results/downstream
    python examples/benchmarks/downstream.py --data FOLDER --rows 6000 --seeds 3 --folds 3 \
        --out results/panel
    python examples/benchmarks/downstream.py --openml credit-g diabetes --methods gan smote

Without ``--data`` or ``--openml`` it runs on data that comes with scikit-learn. It goes on where it
stopped when it is started again with the same ``--out``; ``--only-report`` makes the summary of
what is there, also of sets that other processes ran. The folder gets

- ``cells.csv``: every score,
- ``summary.md``: mean ranks, wins, ties and losses, differences, seconds, failures,
- ``differences.png``: what each method changed on each data set,
- a folder for each data set, with its page ``report.html``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

from gan_augment import GANAugmenter, SDVBackend
from gan_augment.benchmark import LEARNERS, METHODS, BenchmarkResult, compare
from gan_augment.benchmark.competitors import SDV_METHODS
from gan_augment.benchmark.datasets import BUNDLED, Dataset, load_bundled, load_folder, load_openml
from gan_augment.benchmark.page import markdown_table
from gan_augment.benchmark.panel import all_cells, block_scores, costs, panel_summary
from gan_augment.benchmark.plots import draw_panel

METRICS = ("f1", "accuracy", "f1_best", "average_precision", "roc_auc", "brier")
NEVER_ENDING = 10**6  # epochs that the time, not their number, cuts


def main(arguments: list[str] | None = None) -> None:
    parser = make_parser()
    options = parser.parse_args(arguments)
    out = Path(options.out)
    if not options.only_report:
        try:
            datasets = load(options)
        except (ValueError, ConnectionError) as error:
            parser.error(str(error))
        for dataset in datasets:
            run(dataset, options, out)
    cells, notes = collect(out)
    if cells is None:
        raise SystemExit(f"{out} has no results.")
    cells.to_csv(out / "cells.csv", index=False)
    text = summary(cells, notes)
    (out / "summary.md").write_text(text, encoding="utf-8")
    draw_panel(cells).savefig(out / "differences.png", dpi=100)
    print(text)
    print(f"Written to {out}: cells.csv, summary.md, differences.png")


def make_parser() -> argparse.ArgumentParser:
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
    parser.add_argument("--methods", nargs="+", choices=METHODS, metavar="METHOD", help=NAMES)
    parser.add_argument("--learners", nargs="+", choices=LEARNERS, metavar="LEARNER")
    parser.add_argument(
        "--equal-seconds",
        action="store_true",
        help="also the SDV methods that have epochs, for as many seconds as 'gan' took on the set",
    )
    parser.add_argument("--n-jobs", type=int, default=None)
    parser.add_argument("--max-seconds", type=float, default=None, help="per method and fold")
    parser.add_argument("--retry-failures", action="store_true")
    parser.add_argument("--only-report", action="store_true", help="run nothing")
    parser.add_argument("--out", default="results/downstream")
    return parser


NAMES = f"from: {', '.join(METHODS)}"


def load(options: argparse.Namespace) -> list[Dataset]:
    found = [load_openml(name) for name in options.openml]
    if options.data:
        return found + load_folder(options.data, options.sets)
    return found + [load_bundled(n) for n in options.sets or (() if found else BUNDLED)]


def run(dataset: Dataset, options: argparse.Namespace, out: Path) -> None:
    """Compare on one data set, and keep its results in its folder."""
    data = dataset.prepared(options.rows, random_state=0)
    counts = pd.Series(data.y).value_counts().to_dict()
    note = f"{data.name}: {data.X.shape[0]} rows, {data.X.shape[1]} columns, classes {counts}"
    note += f" ({data.note})" if data.note else ""
    print(note, flush=True)
    settings: dict[str, Any] = {
        "learners": options.learners or "default",
        "cv": options.folds,
        "seeds": options.seeds,
        "n_jobs": options.n_jobs,
        "max_seconds": options.max_seconds,
        "output": out / data.name,
        "retry_failures": options.retry_failures,
    }
    methods: Any = options.methods or "default"
    try:
        result = compare(data.X, data.y, methods=methods, **settings)
        if options.equal_seconds:
            more = equal_seconds(result)
            result = compare(data.X, data.y, methods=[*result.methods, more], **settings)
    except ValueError as error:  # these data cannot be compared on; the others can
        print(f"Left out: {error}", flush=True)
        note += f". Left out: {error}"
    else:
        result.to_csv(out / data.name / "cells.csv")
        result.to_html(out / data.name / "report.html")
    (out / data.name).mkdir(parents=True, exist_ok=True)
    (out / data.name / "note.json").write_text(json.dumps(note), encoding="utf-8")


def equal_seconds(result: BenchmarkResult) -> dict[str, Any]:
    """SDV's models with the time that the GAN took for a fold of the same data."""
    mine = result.cells[(result.cells["method"] == "gan") & (result.cells["status"] == "ok")]
    if mine.empty:
        raise ValueError("--equal-seconds needs the seconds of 'gan'. Add it to --methods.")
    seconds = round(float(mine["augment_seconds"].mean()), 2)
    return {
        f"{name}_equal_seconds": GANAugmenter(
            backend=SDVBackend(synthesizer, epochs=NEVER_ENDING),
            train_on="minority",
            max_time=seconds,
        )
        for name, synthesizer in SDV_METHODS.items()
        if name in result.methods and name != "sdv_gaussian_copula"
    }


def collect(out: Path) -> tuple[pd.DataFrame | None, list[str]]:
    """Results and notes of all data sets in the folder."""
    notes = [
        f"- {json.loads(path.read_text(encoding='utf-8'))}"
        for path in sorted(out.glob("*/note.json"))
    ]
    results = {}
    for path in sorted(out.glob("*/cells.csv")):
        cells = pd.read_csv(path)
        cells[["reason", "notes"]] = cells[["reason", "notes"]].fillna("")
        results[path.parent.name] = BenchmarkResult(cells, METRICS)
    return (all_cells(results) if results else None), notes


def summary(cells: pd.DataFrame, notes: list[str]) -> str:
    parts = ["# With and without augmentation\n", *notes, ""]
    ran_on = cells.groupby("method")["dataset"].nunique()
    some = ran_on.index[ran_on < cells["dataset"].nunique()]
    if len(some):
        parts.append(f"Not compared, since they ran on some sets only: {', '.join(some)}.\n")
        cells = cells[~cells["method"].isin(some)]
    for metric in METRICS:
        table = panel_summary(cells, metric)
        attrs = table.attrs
        parts += [
            f"## {metric}\n",
            f"{attrs['blocks']} blocks (data set and learner). Wins/ties/losses, mean and worst "
            "difference (positive is better, up to .002 is a tie) and Wilcoxon's p (Holm) against "
            f"each rival. Friedman p = {attrs['friedman_p']:.2g}; mean ranks that differ by more "
            f"than {attrs['critical_difference']:.2f} differ at 5% (Nemenyi).\n",
            markdown_table(table.reset_index()),
        ]
    parts += [
        "## Cost: means of a fold, all learners together\n",
        markdown_table(costs(cells).reset_index()),
        "## Every cell: mean F1\n",
        markdown_table(block_scores(cells, "f1").reset_index()),
    ]
    bad = cells[cells["status"] != "ok"]
    if len(bad):
        reasons = bad.groupby(["dataset", "method", "status", "reason"], sort=False).size()
        parts += ["## Without a score\n", markdown_table(reasons.rename("fits").reset_index())]
    return "\n".join(parts)


if __name__ == "__main__":
    main()
