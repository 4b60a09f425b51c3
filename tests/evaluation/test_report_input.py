from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gan_augment.evaluation import quality_report


@pytest.fixture
def rows(thirds):
    return thirds["train"][0].iloc[:60], thirds["fresh"][0].iloc[:60]


def test_other_columns(rows):
    real, synthetic = rows
    with pytest.raises(
        ValueError, match=r"synthetic has other columns than real: it lacks \['mean"
    ):
        quality_report(real, synthetic.drop(columns="mean area"))
    with pytest.raises(ValueError, match=r"holdout .* has \['extra'\] besides"):
        quality_report(real, synthetic, holdout=real.assign(extra=1))


def test_another_type(rows):
    real, synthetic = rows
    with pytest.raises(ValueError, match="'mean area' holds numbers in real and text in synthetic"):
        quality_report(real, synthetic.assign(**{"mean area": "large"}))


@pytest.mark.parametrize("n", [0, 9])
def test_too_few_rows(rows, n):
    real, synthetic = rows
    with pytest.raises(ValueError, match=f"synthetic has {n} rows"):
        quality_report(real, synthetic.iloc[:n])
    with pytest.raises(ValueError, match=f"real has {n} rows"):
        quality_report(real.iloc[:n], synthetic)


def test_no_columns(rows):
    with pytest.raises(ValueError, match="real has no columns"):
        quality_report(rows[0][[]], rows[1][[]])


def test_only_constant_columns(rows):
    same = pd.DataFrame({"a": [1.0] * 60, "b": ["x"] * 60})
    with pytest.raises(ValueError, match="every column of real is constant"):
        quality_report(same, same)


def test_one_constant_column_is_no_obstacle(rows):
    real, synthetic = (part.iloc[:, :3].assign(same=1.0) for part in rows)
    report = quality_report(real, synthetic, verbose=0)
    assert report.aspects[0].tables["Columns, worst first"].loc["same", "error"] == 0
    assert report.verdicts["fidelity"] == "good", report.summary()


def test_a_column_that_is_missing_throughout(rows):
    real, synthetic = (part.iloc[:, :3].assign(empty=np.nan) for part in rows)
    report = quality_report(real, synthetic, verbose=0)
    assert report.verdicts["fidelity"] == "good", report.summary()
    filled = quality_report(real.assign(empty=1.0 + real["mean texture"]), synthetic, verbose=0)
    assert filled.verdicts["fidelity"] == "poor"
    assert "'empty' (1.00)" in filled.summary()


def test_one_class(rows):
    with pytest.raises(ValueError, match="y_real has one class, 'a'"):
        quality_report(*rows, y_real=["a"] * 60, y_synthetic=["a"] * 60)


def test_a_holdout_of_one_class(rows):
    y = ["a", "b"] * 30
    report = quality_report(
        *rows, y_real=y, y_synthetic=y, holdout=rows[0][:30], y_holdout=["a"] * 30, verbose=0
    )
    assert report.verdicts["utility"] == "not measured"
    assert "Utility: not measured; the real rows to test on are of one class" in report.summary()


def test_labels_for_some_only(rows):
    with pytest.raises(ValueError, match="Labels are given for y_real, but are needed for"):
        quality_report(*rows, y_real=["a", "b"] * 30)
    with pytest.raises(ValueError, match="needed for y_real and y_synthetic"):
        quality_report(*rows, y_real=["a", "b"] * 30, y_synthetic=["a", "b"] * 30, y_holdout=["a"])


def test_an_unknown_class(rows):
    with pytest.raises(ValueError, match="y_synthetic has the class 'c', which y_real lacks"):
        quality_report(*rows, y_real=["a", "b"] * 30, y_synthetic=["a", "c"] * 30)


def test_a_class_without_synthetic_rows_is_called_out(rows):
    y = np.where(rows[0]["mean radius"] > 14, "large", "small")
    report = quality_report(*rows, y_real=y, y_synthetic=["small"] * 60, verbose=0)
    assert report.verdicts["condition"] == "poor"
    assert "no synthetic rows of 1 class: 'large'" in report.summary()


def test_labels_of_another_length(rows):
    with pytest.raises(ValueError, match="synthetic has 60 rows and y_synthetic has 59 labels"):
        quality_report(*rows, y_real=["a", "b"] * 30, y_synthetic=["a"] * 59)


def test_a_quantity_is_no_class(rows):
    numbers = np.arange(60) / 7
    with pytest.raises(ValueError, match="looks like a quantity"):
        quality_report(*rows, y_real=numbers, y_synthetic=numbers)


@pytest.mark.parametrize("max_rows", [0, 29, 100.5, True, "many"])
def test_max_rows(rows, max_rows):
    with pytest.raises(ValueError, match="max_rows="):
        quality_report(*rows, max_rows=max_rows)


def test_infinity_is_named(rows):
    real, synthetic = rows
    with pytest.raises(ValueError, match="'mean area' contains infinity"):
        quality_report(real, synthetic.assign(**{"mean area": np.inf}))
