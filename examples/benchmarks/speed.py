"""Milliseconds per training step and rows sampled per second, beside SDV's CTGAN.

Both train and sample on the same rows in the same run, so only the ratios mean something: seconds
differ from machine to machine. Without the ``sdv`` extra the CTGAN row says how to install it.

    python examples/benchmarks/speed.py --steps 200 --rows 10000
    python examples/benchmarks/speed.py --curve 1000 10000 100000 1000000

``--curve`` shows how a whole fit with default parameters, and sampling as many rows as were fitted,
grow with the rows: CPU seconds, steps, and the memory that each adds at its peak. On a machine with
a CUDA GPU a row shows training without a CUDA graph, too.
"""

import argparse
import time
import warnings
from functools import partial

import numpy as np
import pandas as pd
import torch

from gan_augment import GANAugmenter, SDVBackend, TabularGAN
from gan_augment.benchmark.meter import Meter


def census_like(n_rows, seed=0):
    """Mixed columns of the shape of a census: six numbers, eight levels, a class of a quarter."""
    rng = np.random.default_rng(seed)
    income = rng.lognormal(10, 0.8, n_rows)
    frame = pd.DataFrame({f"number_{i}": rng.gamma(1 + i, 10, n_rows).round(1) for i in range(6)})
    for i, n_levels in enumerate([9, 16, 7, 15, 6, 5, 2, 41]):
        frame[f"level_{i}"] = "level " + pd.Series(rng.zipf(1.6, n_rows) % n_levels).astype(str)
    frame["target"] = (income > np.quantile(income, 0.75)).astype(int).astype(str)
    return frame


def measure(fit, sample, n_steps, n_rows):
    """Milliseconds per step (preparation excluded by a difference of two fits) and rows/s."""
    fit(1)  # what is slow only once, such as imports, is not a step's cost
    seconds = {}
    for steps in (n_steps // 4, n_steps):
        start = time.perf_counter()
        model = fit(steps)
        seconds[steps] = time.perf_counter() - start
    per_step = (seconds[n_steps] - seconds[n_steps // 4]) / (n_steps - n_steps // 4)
    start = time.perf_counter()
    sample(model, n_rows)
    return 1_000 * per_step, n_rows / (time.perf_counter() - start), seconds[n_steps]


def ours(frame, **options):
    def fit(steps):
        backend = TabularGAN(**options)
        augmenter = GANAugmenter(
            backend=backend, max_steps=steps, early_stopping=False, random_state=0
        )
        return augmenter.fit(frame.drop(columns="target"), frame["target"])

    return fit, lambda model, n: model.sample(n)


def ctgan(frame):
    def fit(steps):
        # CTGAN counts epochs of n // 500 steps.
        epochs = max(1, round(steps / max(len(frame) // 500, 1)))
        return GANAugmenter(backend=SDVBackend("CTGANSynthesizer", epochs=epochs)).fit(frame)

    return fit, lambda model, n: model.sample(n)


def curve(sizes):
    """A row per size: what fitting and sampling cost."""
    rows = []
    for n in sizes:
        frame = census_like(n)
        X, y = frame.drop(columns="target"), frame["target"]
        start = time.process_time()
        with Meter() as fitting:
            model = GANAugmenter(random_state=0).fit(X, y)
        fit_seconds, start = time.process_time() - start, time.process_time()
        with Meter() as sampling:
            for batch in model.sample_batches(n, 50_000):
                del batch
        rows.append(
            {
                "rows": n,
                "fit CPU s": fit_seconds,
                "steps": model.backend_.n_steps_,
                "fit MB": fitting.megabytes,
                "sample CPU s": time.process_time() - start,
                "sample MB": sampling.megabytes,
            }
        )
        print(pd.DataFrame(rows).round(2).to_string(index=False), flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--rows", type=int, default=10_000, help="rows to train on")
    parser.add_argument("--sampled", type=int, default=50_000, help="rows to sample")
    parser.add_argument("--data", help="a CSV to train on, instead of made-up census rows")
    parser.add_argument("--curve", type=int, nargs="+", metavar="ROWS", help="numbers of rows")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.curve:
        curve(options.curve)
        return
    frame = census_like(options.rows)
    if options.data:
        frame = pd.read_csv(options.data).sample(options.rows, random_state=0).dropna()
        frame = frame.reset_index(drop=True)
        frame["target"] = frame["target"].astype(str)

    table = {}
    models = {"gan_augment": ours, "SDV CTGAN": ctgan}
    if torch.cuda.is_available():
        models["gan_augment, cuda_graph=False"] = partial(ours, cuda_graph=False)
    for name, model in models.items():
        fit, sample = model(frame)
        try:
            table[name] = measure(fit, sample, options.steps, options.sampled)
        except ImportError as error:
            print(f"{name}: {error}")
    columns = ["ms per step", "rows/s sampled", f"seconds for {options.steps} steps"]
    table = pd.DataFrame(table, index=columns).T
    print(table.round(1).to_string())
    if "SDV CTGAN" in table.index:
        ratio = table.loc["gan_augment"] / table.loc["SDV CTGAN"]
        print("\nOurs to CTGAN's:", ratio.round(3).to_dict())


if __name__ == "__main__":
    main()
