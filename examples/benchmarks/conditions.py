"""Whether the class you ask for is the class you get, and its gaps, levels and ranges too.

For every data set: a judge (histogram gradient boosting) learns the classes from held-out real
rows, and its mean probability of the rare class is compared between synthetic rows of that class
and real test rows of it. The split in judge's and test rows is swapped and averaged.

    python examples/benchmarks/conditions.py --data DIR --rows 6000 --seeds 1
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from gan_augment import GANAugmenter
from gan_augment.benchmark.datasets import load_bundled, load_folder


def judge():
    """Gradient boosting that takes levels and missing values as they are."""
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    levels = make_column_selector(dtype_include=[object, "category", "bool"])
    return make_pipeline(
        make_column_transformer((encode, levels), remainder="passthrough"),
        HistGradientBoostingClassifier(random_state=0),
    )


def examine(X, y, seed, max_time):
    """One row of the table: probabilities, and broken promises by name."""
    y = y.astype(str)
    rare = y.value_counts().index[-1]
    X_train, X_rest, y_train, y_rest = train_test_split(
        X, y, test_size=0.5, stratify=y, random_state=seed
    )
    X_train, y_train = X_train.reset_index(drop=True), y_train.reset_index(drop=True)
    start = time.perf_counter()
    augmenter = GANAugmenter(max_time=max_time, random_state=seed)
    X_new, y_new = augmenter.fit_resample(X_train, y_train)
    seconds = time.perf_counter() - start
    drawn = augmenter.sample(2_000, y=rare)

    broken = []
    if y_new.value_counts().nunique() > 1:
        broken.append("counts")
    if not X_new.iloc[: len(X_train)].equals(X_train) or (X_new.dtypes != X.dtypes).any():
        broken.append("real rows or dtypes")
    for name in X:
        seen, new = X_train[name].dropna(), X_new[name].iloc[len(X_train) :].dropna()
        if pd.api.types.is_numeric_dtype(seen):
            fractions = (seen % 1 == 0).all() and (new % 1 != 0).any()
            if fractions or new.min() < seen.min() or new.max() > seen.max():
                broken.append(f"values of {name}")
        elif not set(new) <= set(seen):
            broken.append(f"levels of {name}")
    missing = (drawn.isna().mean() - X_train[y_train == rare].isna().mean()).abs()

    halves = train_test_split(X_rest, y_rest, test_size=0.5, stratify=y_rest, random_state=seed)
    (X_a, X_b, y_a, y_b), given, real = halves, [], []
    for X_judge, y_judge, X_test, y_test in ((X_a, y_a, X_b, y_b), (X_b, y_b, X_a, y_a)):
        model = judge().fit(X_judge, y_judge)
        column = list(model.classes_).index(rare)
        given.append(model.predict_proba(drawn)[:, column].mean())
        real.append(model.predict_proba(X_test[y_test == rare])[:, column].mean())
    return {
        "rare rows": int((y_train == rare).sum()),
        "synthetic": np.mean(given),
        "real": np.mean(real),
        "difference": np.mean(given) - np.mean(real),
        "missing rate off by": missing.max(),
        "broken": ", ".join(broken) or "-",
        "seconds": seconds,
    }


def load(options):
    """Data sets of the folder, or two that come with scikit-learn."""
    if options.data:
        return load_folder(options.data, options.sets)
    return [load_bundled(name) for name in options.sets or ["breast_cancer", "digits_eight"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder of CSV files with a datasets.json")
    parser.add_argument("--sets", nargs="*")
    parser.add_argument("--rows", type=int, default=6_000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--max-time", type=float, default=120.0, help="seconds per training")
    parser.add_argument("--out", help="CSV to write")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    table = []
    for dataset in load(options):
        dataset = dataset.prepared(rows=options.rows, random_state=0)
        X, y = dataset.X.reset_index(drop=True), pd.Series(dataset.y)
        for seed in range(options.seeds):
            row = examine(X, y, seed, options.max_time)
            table.append({"set": dataset.name, "seed": seed, **row})
            print(pd.DataFrame(table[-1:]).round(3).to_string(header=len(table) == 1), flush=True)
    table = pd.DataFrame(table)
    print("\n", table.groupby("set").mean(numeric_only=True).round(3).to_string())
    within = table.groupby("set")["difference"].mean().abs() <= 0.1
    print(f"\nWithin 0.10 on {within.sum()} of {len(within)} sets.")
    if options.out:
        table.to_csv(options.out, index=False)


if __name__ == "__main__":
    main()
