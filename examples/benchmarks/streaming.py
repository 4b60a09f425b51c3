"""Synthetic rows to Parquet: rows per second, and memory that does not grow with their number.

A 10-column numeric table, one process per size, so that each has a peak memory of its own.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from gan_augment import GANAugmenter


def numeric_table(n_rows: int = 5_000) -> np.ndarray:
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(n_rows, 4))
    return hidden @ rng.normal(size=(4, 10)) + 0.3 * rng.normal(size=(n_rows, 10))


def measure(n_rows: int, folder: str, results: multiprocessing.Queue) -> None:
    augmenter = GANAugmenter(max_steps=200, random_state=0).fit(numeric_table())
    path = Path(folder) / f"{n_rows}.parquet"
    start = time.perf_counter()
    augmenter.sample_to_parquet(path, n_rows)
    seconds = time.perf_counter() - start
    assert pq.ParquetFile(path).metadata.num_rows == n_rows
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    results.put((seconds, peak, path.stat().st_size / 2**20))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 10_000_000])
    context = multiprocessing.get_context("spawn")
    print("      rows   seconds    rows/s  peak MB  file MB")
    for n_rows in parser.parse_args().rows:
        with tempfile.TemporaryDirectory() as folder:
            results = context.Queue()
            process = context.Process(target=measure, args=(n_rows, folder, results))
            process.start()
            seconds, peak, size = results.get()
            process.join()
        print(f"{n_rows:>10} {seconds:9.1f} {n_rows / seconds:9.0f} {peak:8.0f} {size:8.0f}")


if __name__ == "__main__":
    main()
