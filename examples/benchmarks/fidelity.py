r"""How close synthetic tables come to real ones: fidelity, utility, privacy signals and cost.

    python examples/benchmarks/fidelity.py --sets breast_cancer wine --rows 500
    python examples/benchmarks/fidelity.py --data FOLDER --sets adult phoneme --seeds 3 \
        --methods ours,ctgan,tvae,copula,smote,bootstrap --out results/fidelity
    python examples/benchmarks/fidelity.py --methods ours --ours '{"gamma": 0.3}' --ours '{}'

Duplicate rows are dropped; 70% of the rows are for training, 30% stay out of it. Every method gives
a table of the size of the training part with its class shares. Four rows are for comparison:

- ``real``: the training part itself where something is trained (the ceiling), and the held-out rows
  in the place of synthetic ones for everything else (what fresh real rows would get);
- ``bootstrap``: training rows drawn with replacement;
- ``relabelled``: the training rows with other labels, each drawn from what classifiers that have
  not seen it say of the row: what perfect rows are worth whose classes are only as well known as
  boosted trees know them;
- ``smote``: rows interpolated between training rows.

Without duplicates no held-out row is a copy of a training row, but fresh rows of many tables would
now and then be: ``copies_raw_holdout`` is how often, with all rows left in.

SDV's models learn the class as a column and are asked for rows until every class has enough.
Every fit has a process of its own, so that its peak memory is its own. Cells are kept as they come
in ``--out``, and a run goes on where it stopped; ``cells.csv``, ``summary.md`` and
``fidelity.png`` are written there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import warnings
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold, train_test_split

from gan_augment.backends.tabular.teacher import learn_classes
from gan_augment.benchmark.datasets import BUNDLED, Dataset, load_bundled, load_folder
from gan_augment.benchmark.inputs import as_frame
from gan_augment.benchmark.interpolation import Smote
from gan_augment.benchmark.meter import Meter
from gan_augment.benchmark.page import markdown_table
from gan_augment.benchmark.storage import Store
from gan_augment.evaluation.detection import detect
from gan_augment.evaluation.fidelity import column_shape_errors, pair_trend_errors
from gan_augment.evaluation.learners import JUDGES
from gan_augment.evaluation.privacy import (
    closest_distances,
    distance_ratio,
    exact_copies,
    membership_attack,
)
from gan_augment.evaluation.rows import TableComparison, open_comparison
from gan_augment.evaluation.utility import condition_accuracy, train_and_test
from gan_augment.figures import new_figure
from gan_augment.frames import FrameBorder

SDV = {
    "ctgan": "CTGANSynthesizer",
    "tvae": "TVAESynthesizer",
    "copula": "GaussianCopulaSynthesizer",
}
METHODS = ("ours", *SDV, "smote", "bootstrap", "relabelled")
SHORT = {"hist_gradient_boosting": "hgb", "logistic_regression": "lr"}
MOST_ROUNDS = 50

FIDELITY = ["tstr_auc_hgb", "tstr_auc_lr", "tstr_f1_hgb", "tstr_f1_lr", "below_ceiling_auc_hgb"]
FIDELITY += ["f1_ratio_hgb", "column_error", "pair_error", "detection_hgb", "detection_lr"]
SHOWN = {
    "below_ceiling_auc_hgb": "AUC of a classifier trained on it,\nbelow one trained on real rows",
    "detection_hgb": "AUC of telling it from real rows\n(0.5: impossible)",
    "column_error": "mean error of columns",
    "pair_error": "mean error of pairs of columns",
}
OTHER = ["condition_off", "condition_off_worst", "distance_ratio", "copies", "copies_holdout"]
OTHER += [
    "copies_raw_holdout",
    "attack_auc",
    "fit_cpu_seconds",
    "fit_seconds",
    "fit_megabytes",
    "rows_per_second",
]


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    if options.cell:
        print(json.dumps(compute(json.loads(options.cell), options)))
        return
    methods = wanted(options)
    out = Path(options.out)
    for name in options.sets or (BUNDLED if not options.data else names_in(options.data)):
        run_set(name, methods, out, options)
        write(out)
    print((out / "summary.md").read_text(encoding="utf-8"))
    print(f"Written to {out}: cells.csv, summary.md, fidelity.png")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", help="folder of CSV files with datasets.json")
    parser.add_argument("--sets", nargs="+", help="names of data sets")
    parser.add_argument("--rows", type=int, help="at most so many rows of each, both parts")
    parser.add_argument(
        "--methods", nargs="+", default=["ours", "bootstrap"], help=f"from: {', '.join(METHODS)}"
    )
    parser.add_argument(
        "--ours",
        action="append",
        type=json.loads,
        metavar="JSON",
        help="parameters of TabularGAN, or max_steps and others of GANAugmenter, instead of the\n"
        "defaults; may be given several times",
    )
    parser.add_argument("--seeds", type=int, default=1, help="repetitions, each with its split")
    parser.add_argument("--max-seconds", type=float, help="per cell")
    parser.add_argument(
        "--redo", nargs="+", default=[], help="methods to compute again, such as ours"
    )
    parser.add_argument("--retry-failures", action="store_true")
    parser.add_argument("--out", default="results/fidelity")
    parser.add_argument("--cell", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    for name in ("sets", "methods", "redo"):
        setattr(options, name, listed(getattr(options, name)))
    return options


def listed(names: list[str] | None) -> list[str]:
    """Names that were separated by spaces or commas."""
    return " ".join(names or []).replace(",", " ").split()


def wanted(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """What to run, by its name in the tables."""
    unknown = [name for name in options.methods if name not in METHODS]
    if unknown:
        raise SystemExit(f"--methods {unknown[0]} is not known: {', '.join(METHODS)}.")
    methods: dict[str, dict[str, Any]] = {"real": {"method": "real"}}
    for name in options.methods:
        if name != "ours":
            methods[name] = {"method": name}
            continue
        for settings in options.ours or [{}]:
            text = ", ".join(f"{key}={value}" for key, value in sorted(settings.items()))
            methods[f"ours({text})" if text else "ours"] = {"method": "ours", "settings": settings}
    return methods


def names_in(folder: str) -> list[str]:
    return [dataset.name for dataset in load_folder(folder)]


def load(name: str, options: argparse.Namespace) -> Dataset:
    return load_raw(name, options).prepared(options.rows, random_state=0)


def load_raw(name: str, options: argparse.Namespace) -> Dataset:
    return load_folder(options.data, [name])[0] if options.data else load_bundled(name)


def raw_copies(raw: Dataset, seed: int) -> float:
    """Share of held-out rows that are training rows too, where duplicates were not dropped."""
    X = as_frame(raw.X)
    training, held_out = train_test_split(X, test_size=0.3, stratify=raw.y, random_state=seed)
    return exact_copies(held_out, training)


def run_set(
    name: str, methods: dict[str, dict[str, Any]], out: Path, options: argparse.Namespace
) -> None:
    data = load(name, options)
    print(f"{name}: {len(data.X)} rows, {data.X.shape[1]} columns", flush=True)
    store = Store(out / name)
    settings = {
        "data": sha256(
            pd.util.hash_pandas_object(data.X.assign(__y__=data.y), index=False).to_numpy()
        ).hexdigest(),
        "folds": "30% held out",
        "pos_label": "",
        "random_state": 0,
        "scorers": [*FIDELITY, *OTHER],
        "methods": {key: json.dumps(value, sort_keys=True) for key, value in methods.items()},
        "learners": {},
    }
    try:
        store.open(settings)
    except ValueError as error:
        raise SystemExit(str(error)) from error
    try:
        store.drop([row for row in store.rows if row["method"].split("(")[0] in options.redo])
        if options.retry_failures:
            store.drop([row for row in store.rows if row["status"] != "ok"])
        done = {(row["method"], row["seed"]) for row in store.rows}
        for seed in range(options.seeds):
            for label, method in methods.items():
                if (label, seed) in done:
                    continue
                cell = {"set": name, "seed": seed, **method}
                row = in_own_process(cell, options)
                row = {"method": label, "learner": "", "seed": seed, "fold": 0, **row}
                store.append(row)
                print(line(row), flush=True)
    finally:
        store.close()


def in_own_process(cell: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, __file__, "--cell", json.dumps(cell)]
    for flag, value in {"--data": options.data, "--rows": options.rows}.items():
        command += [flag, str(value)] if value is not None else []
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=options.max_seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return {"status": "timeout", "reason": f"longer than {options.max_seconds:g} s"}
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return {
            "status": "failed",
            "reason": lines[-1] if lines else f"the process ended with code {done.returncode}",
        }
    return {"status": "ok", "reason": "", **json.loads(done.stdout.strip().splitlines()[-1])}


def line(row: dict[str, Any]) -> str:
    head = f"  {row['method']}, seed {row['seed']}: "
    if row["status"] != "ok":
        return head + f"{row['status']}: {row['reason']}"
    shown = ("tstr_auc_hgb", "tstr_f1_hgb", "column_error", "pair_error", "detection_hgb")
    return (
        head
        + ", ".join(f"{name} {row[name]:.3f}" for name in shown)
        + f", fit {row['fit_cpu_seconds']:.1f} CPU s"
    )


def compute(cell: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """One cell: fit, sample and measure."""
    warnings.simplefilter("ignore")
    raw = load_raw(cell["set"], options)
    data = raw.prepared(options.rows, random_state=0)
    seed = cell["seed"]
    fair = {"copies_raw_holdout": raw_copies(raw, seed)}
    X, y = as_frame(data.X), data.y
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=seed)
    X, X_test = X.reset_index(drop=True), X_test.reset_index(drop=True)
    if cell["method"] == "real":
        rows = open_comparison(X, X_test, X_test, y_real=y, y_synthetic=y_test, y_holdout=y_test)
        return measure(rows, seed, ceiling=True) | fair | costs(Meter(), 0.0, 0.0, 0, 0.0)
    fit = SAMPLERS[cell["method"]]
    fit_first = time.process_time()
    with Meter() as meter:
        sample = fit(X, y, seed, cell.get("settings", {}))
    fit_cpu = time.process_time() - fit_first
    start, start_cpu = time.perf_counter(), time.process_time()
    X_new, y_new = sample()
    seconds = time.perf_counter() - start
    cost = costs(meter, fit_cpu, seconds, len(X_new), time.process_time() - start_cpu)
    rows = open_comparison(X, X_new, X_test, y_real=y, y_synthetic=y_new, y_holdout=y_test)
    return measure(rows, seed) | fair | cost


def costs(
    meter: Meter, fit_cpu: float, seconds: float, n_rows: int, sample_cpu: float
) -> dict[str, Any]:
    return {
        "fit_cpu_seconds": fit_cpu,
        "fit_seconds": meter.seconds,
        "fit_megabytes": meter.megabytes,
        "sample_cpu_seconds": sample_cpu,
        "rows_per_second": n_rows / seconds if seconds else float("nan"),
    }


def measure(rows: TableComparison, seed: int, ceiling: bool = False) -> dict[str, float]:
    """All scores of one synthetic table; the ceiling trains on the real rows instead."""
    assert rows.holdout is not None
    real, synthetic, holdout = rows.real, rows.synthetic, rows.holdout
    n_classes = len(rows.classes)
    scores: dict[str, float] = {}
    for judge in JUDGES:
        found = train_and_test(
            real if ceiling else synthetic, holdout, n_classes, judge=judge, seed=seed
        )
        scores |= {f"tstr_{name}_{SHORT[judge]}": value for name, value in found.items()}
    a, b = (part.with_label(rows.label, rows.classes) for part in (real, synthetic))
    scores["column_error"] = float(column_shape_errors(a, b).mean())
    scores["pair_error"] = float(pair_trend_errors(a, b).mean())
    for judge in JUDGES:
        scores[f"detection_{SHORT[judge]}"] = detect(a, b, judge=judge, seed=seed).auc
    condition = condition_accuracy(real, synthetic, holdout, rows.classes, seed=seed)
    scores["condition_off"] = float(condition["difference"].abs().mean())
    scores["condition_off_worst"] = float(condition["difference"].abs().max())
    for label, found in condition.iterrows():
        scores[f"condition_{label}"] = float(found["synthetic"])
        scores[f"condition_real_{label}"] = float(found["real"])
    scores["copies"] = exact_copies(synthetic.X, real.X)
    scores["copies_holdout"] = exact_copies(holdout.X, real.X)
    distances = closest_distances(synthetic.X, real.X, holdout.X, seed=seed)
    scores["distance_ratio"] = distance_ratio(*distances)
    scores["attack_auc"] = (
        float("nan") if ceiling else membership_attack(synthetic.X, real.X, holdout.X, seed=seed)
    )
    return scores


def ours(X: pd.DataFrame, y: np.ndarray, seed: int, settings: dict[str, Any]) -> Any:
    from gan_augment import GANAugmenter, TabularGAN

    outer = {k: v for k, v in settings.items() if k in GANAugmenter().get_params(deep=False)}
    inner = {k: v for k, v in settings.items() if k not in outer}
    model = GANAugmenter(backend=TabularGAN(**inner), random_state=seed, **outer).fit(X, y)
    return lambda: model.sample(y=y, return_y=True)


def sdv(name: str) -> Any:
    def fit(X: pd.DataFrame, y: np.ndarray, seed: int, settings: dict[str, Any]) -> Any:
        from gan_augment import GANAugmenter, SDVBackend

        labels = pd.Series(y).astype(str)
        table = X.assign(__class__=labels.to_numpy())
        model = GANAugmenter(backend=SDVBackend(SDV[name]), random_state=seed).fit(table)
        known = dict(zip(labels, y, strict=True))
        return lambda: with_shares(model, labels.value_counts().to_dict(), known)

    return fit


def with_shares(
    model: Any, counts: dict[str, int], known: dict[str, Any]
) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows asked for until every class has enough."""
    kept: dict[str, list[pd.DataFrame]] = {label: [] for label in counts}
    missing = dict(counts)
    for i in range(MOST_ROUNDS):
        batch = next(model.sample_batches(sum(counts.values()), sum(counts.values()), seed=i))
        for label in [label for label, n in missing.items() if n > 0]:
            found = batch[batch["__class__"] == label].iloc[: missing[label]]
            kept[label].append(found)
            missing[label] -= len(found)
        if not any(missing.values()):
            break
    else:
        raise RuntimeError(f"{MOST_ROUNDS} tables did not have enough rows of: {missing}")
    table = pd.concat([part for parts in kept.values() for part in parts], ignore_index=True)
    labels = table.pop("__class__")
    return table, np.array([known[label] for label in labels])


def smote(X: pd.DataFrame, y: np.ndarray, seed: int, settings: dict[str, Any]) -> Any:
    classes, counts = np.unique(y, return_counts=True)
    twice = dict(zip(classes.tolist(), (2 * counts).tolist(), strict=True))
    filled, labels = Smote(seed, sampling_strategy=twice).fit_resample(X, y)
    return lambda: (filled.iloc[len(X) :].reset_index(drop=True), np.asarray(labels)[len(X) :])


def bootstrap(X: pd.DataFrame, y: np.ndarray, seed: int, settings: dict[str, Any]) -> Any:
    rng = np.random.default_rng(seed)

    def sample() -> tuple[pd.DataFrame, np.ndarray]:
        of_class = [np.flatnonzero(y == label) for label in np.unique(y)]
        rows = np.concatenate([rng.choice(found, len(found)) for found in of_class])
        return X.iloc[rows].reset_index(drop=True), y[rows]

    return sample


def relabelled(X: pd.DataFrame, y: np.ndarray, seed: int, settings: dict[str, Any]) -> Any:
    table = FrameBorder().learn(X)
    classes, codes = np.unique(y, return_inverse=True)
    rng = np.random.default_rng(seed)
    seen = np.empty((len(y), len(classes)))
    for learned, others in StratifiedKFold(5, shuffle=True, random_state=seed).split(codes, codes):
        teacher = learn_classes(table.take(learned), codes[learned], rng)
        seen[others] = teacher(table.take(others).values)

    def sample() -> tuple[pd.DataFrame, np.ndarray]:
        drawn = rng.random((len(y), 1)) > seen.cumsum(axis=1)
        return X, classes[drawn[:, :-1].sum(axis=1)]

    return sample


SAMPLERS = {
    "ours": ours,
    "smote": smote,
    "bootstrap": bootstrap,
    "relabelled": relabelled,
    **{name: sdv(name) for name in SDV},
}


def write(out: Path) -> None:
    """All that is known so far."""
    rows = []
    for path in sorted(out.glob("*/rows.jsonl")):
        latest = {}
        for text in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(text)
            latest[row["method"], row["seed"]] = {"set": path.parent.name, **row}
        rows += latest.values()
    cells = pd.DataFrame(rows).drop(columns=["learner", "fold"])
    cells = against_ceiling(cells)
    cells.to_csv(out / "cells.csv", index=False)
    (out / "summary.md").write_text(summary(cells), encoding="utf-8")
    draw(cells[cells["status"] == "ok"], out / "fidelity.png")


def draw(cells: pd.DataFrame, path: Path) -> None:
    """A dot per data set and method, and a bar at their mean, for what matters most."""
    means = cells.groupby(["method", "set"], sort=False)[list(SHOWN)].mean().reset_index()
    methods = list(dict.fromkeys(means["method"]))
    figure = new_figure(2.2 + 2.6 * len(SHOWN), 1.1 + 0.45 * len(methods))
    panels = figure.subplots(1, len(SHOWN), sharey=True)
    for axes, (score, title) in zip(panels, SHOWN.items(), strict=True):
        for at, method in enumerate(methods):
            values = means.loc[means["method"] == method, score]
            colour = "tab:red" if method.startswith("ours") else "tab:gray"
            axes.scatter(values, np.full(len(values), at), s=22, color=colour, alpha=0.5, lw=0)
            axes.plot(values.mean(), at, "|", color=colour, ms=18, mew=2.5)
        axes.set_title(title, fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    names = ["fresh real rows" if method == "real" else method for method in methods]
    panels[0].set_yticks(range(len(methods)), names)
    panels[0].invert_yaxis()
    figure.savefig(path, dpi=110)


def against_ceiling(cells: pd.DataFrame) -> pd.DataFrame:
    """With the distance to the classifier that is trained on the real rows."""
    ceiling = cells[cells["method"] == "real"].set_index(["set", "seed"])
    place = pd.MultiIndex.from_frame(cells[["set", "seed"]])
    best = ceiling.reindex(place).reset_index(drop=True)
    return cells.assign(
        below_ceiling_auc_hgb=best["tstr_auc_hgb"] - cells["tstr_auc_hgb"],
        f1_ratio_hgb=cells["tstr_f1_hgb"] / best["tstr_f1_hgb"],
    )


def summary(cells: pd.DataFrame) -> str:
    good = cells[cells["status"] == "ok"]
    parts = ["# Fidelity, utility, privacy signals and cost\n"]
    for name, of_set in good.groupby("set", sort=False):
        parts += [f"## {name}\n", *tables(of_set)]
    counts = good.groupby("method")["set"].nunique()
    shared = [m for m in dict.fromkeys(good["method"]) if counts[m] == counts.max()]
    common = good[good["method"].isin(shared)]
    means = common.groupby(["method", "set"], sort=False).mean(numeric_only=True).reset_index()
    parts += [f"## Mean of {counts.max()} data sets\n", *tables(means)]
    left_out = [m for m in counts.index if m not in shared]
    if left_out:
        parts.append(f"Not on all sets, so not in the means: {', '.join(left_out)}.\n")
    bad = cells[cells["status"] != "ok"]
    if len(bad):
        parts += [
            "## Failures\n",
            markdown_table(bad[["set", "method", "seed", "status", "reason"]]),
        ]
    return "\n".join(parts)


def tables(cells: pd.DataFrame) -> list[str]:
    means = cells.groupby("method", sort=False).mean(numeric_only=True)
    return [markdown_table(means[group].reset_index()) for group in (FIDELITY, OTHER)]


if __name__ == "__main__":
    main()
