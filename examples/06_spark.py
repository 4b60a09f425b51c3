"""Synthetic rows in Spark: every partition draws its own, wherever it runs and however often.

Needs `pip install pyspark pyarrow` and Java. The rows depend on the seed and the number of the
partition, not on the cluster.

    python examples/06_spark.py --rows 100000 --partitions 8
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from pyspark.sql import SparkSession
from sklearn.datasets import load_wine

import gan_augment
from gan_augment import GANAugmenter


def drawing(model: str, n_rows: int, n_partitions: int, seed: int = 0):
    """A function for mapInPandas: numbers of partitions to their rows."""

    def draw(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        # A file of the model reaches every worker; on a cluster put it where all of them see it.
        augmenter = gan_augment.load(model)
        for frame in frames:
            for i in frame["id"]:
                n = n_rows * (i + 1) // n_partitions - n_rows * i // n_partitions
                # Streams of different seeds are independent: each partition has its own.
                part = augmenter.sample_batches(n, seed=(seed << 32) + int(i), return_y=True)
                for X, y in part:
                    yield X.assign(target=y.to_numpy())

    return draw


def main(n_rows: int = 2_000, n_partitions: int = 4, steps: int = 300) -> pd.DataFrame:
    X, y = load_wine(return_X_y=True, as_frame=True)
    X.columns = [name.replace("/", "_per_") for name in X]
    augmenter = GANAugmenter(max_steps=steps, random_state=0).fit(X, y)
    # Workers of the same Python, where an environment is not activated.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.master("local[2]").appName("synthetic rows").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    with tempfile.TemporaryDirectory() as folder:
        model = str(Path(folder) / "wine.model")
        augmenter.save(model)
        one, label = next(augmenter.sample_batches(1, return_y=True))
        schema = spark.createDataFrame(one.assign(target=label.to_numpy())).schema
        numbers = spark.range(n_partitions, numPartitions=n_partitions)
        rows = numbers.mapInPandas(drawing(model, n_rows, n_partitions), schema)
        drawn = rows.toPandas()
    spark.stop()
    print(drawn.groupby("target").mean().round(2).iloc[:, :4])
    print(f"{len(drawn)} rows from {n_partitions} partitions")
    return drawn


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--partitions", type=int, default=4)
    arguments = parser.parse_args()
    main(arguments.rows, arguments.partitions)
