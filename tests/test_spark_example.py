"""The Spark example, where Spark is installed."""

import runpy
from pathlib import Path

import pandas as pd
import pytest

import gan_augment

pytest.importorskip("pyspark")
EXAMPLE = Path(__file__).parents[1] / "examples" / "06_spark.py"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_partitions_draw_what_they_would_draw_alone(quick, cancer, tmp_path):
    example = runpy.run_path(str(EXAMPLE))
    rows = example["main"](n_rows=210, n_partitions=4, steps=5)
    assert len(rows) == 210
    X, y = cancer
    quick().fit(X, y).save(tmp_path / "model")
    draw = example["drawing"](str(tmp_path / "model"), 20, 2)
    alone = [pd.concat(draw(iter([pd.DataFrame({"id": [i]})]))) for i in (0, 1)]
    together = pd.concat(draw(iter([pd.DataFrame({"id": [0, 1]})])))
    pd.testing.assert_frame_equal(pd.concat(alone), together)
    assert gan_augment.load(tmp_path / "model").sample(2).shape == (2, 30)
