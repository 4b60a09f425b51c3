"""What is promised for every table: checked on tables that nobody has looked at.

``pytest --hypothesis-profile nightly tests/test_properties.py`` makes 20,000 of them.
"""

import pickle
import warnings
from collections import Counter
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from made_frames import COLUMNS, LABELS, NUMERIC, frames, labels_for, table_of
from pandas.api import types as pdt
from pandas.testing import assert_frame_equal, assert_series_equal

import gan_augment
from gan_augment import FewRowsWarning, GANAugmenter, TabularGAN


def share(part):
    """This part of a profile's runs."""
    return settings(max_examples=max(5, int(part * settings.default.max_examples)))


def tiny(*, max_steps=1, interpolate_below=0, **parameters):
    backend = TabularGAN(
        generator_width=8,
        discriminator_width=8,
        depth=1,
        latent_dim=4,
        interpolate_below=interpolate_below,
    )
    return GANAugmenter(
        backend=backend, max_steps=max_steps, random_state=0, device="cpu", **parameters
    )


def few_rows_are_no_matter(function, *arguments, **options):
    """Call it without the warnings that small classes get; any other is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FewRowsWarning)
        return function(*arguments, **options)


trainings = st.fixed_dictionaries(
    {
        "max_steps": st.sampled_from([1, 1, 1, 1, 1, 2, 2, 3, 11]),
        "interpolate_below": st.sampled_from([0, 0, 0, 0, 0, 0, 0, 30]),
        "train_on": st.sampled_from(["all", "minority"]),
    }
)


def is_on_a_line(series):
    """Whether a column is compared by its range, not by its levels."""
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype) or pdt.is_bool_dtype(dtype):
        return False
    if pdt.is_object_dtype(dtype):
        found = pdt.infer_dtype(series, skipna=True)
        numbers = {"integer", "floating", "mixed-integer-float", "decimal"}
        return found in numbers | {"date", "datetime", "timedelta"}
    if isinstance(dtype, pd.ArrowDtype):
        return pdt.is_numeric_dtype(dtype) or dtype.kind in "mM"
    return pdt.is_numeric_dtype(dtype) or dtype.kind in "mM" or isinstance(dtype, pd.PeriodDtype)


def assert_promises_kept(real, drawn, n):
    """Columns, dtypes, ranges and levels of `drawn` are those of `real`, and it has `n` rows."""
    assert len(drawn) == n
    assert drawn.columns.equals(real.columns)
    assert type(drawn.columns) is type(real.columns)
    for i in range(real.shape[1]):
        seen, new = real.iloc[:, i], drawn.iloc[:, i]
        assert new.dtype == seen.dtype, (seen.dtype, new.dtype)
        assert seen.isna().any() or not new.isna().any()
        new, seen = new.dropna(), seen.dropna()
        if not len(new):
            continue
        if is_on_a_line(seen):
            assert min(new) >= min(seen)
            assert max(new) <= max(seen)
        else:
            assert set(new) <= set(seen)
        if pdt.is_object_dtype(seen.dtype):
            assert {type(value) for value in new} <= {type(value) for value in seen}


def assert_same_labels(y, before):
    if isinstance(y, pd.Series):
        assert_series_equal(y, before)
    elif isinstance(y, pd.DataFrame):
        assert_frame_equal(y, before)
    else:
        assert list(y) == list(before)


def labels_in(y):
    """The labels of any container, as objects."""
    if isinstance(y, pd.DataFrame):
        y = y.iloc[:, 0]
    return list(y)


def assert_no_nan_loss(augmenter):
    for record in augmenter.history_:
        assert np.isfinite([record["discriminator_loss"], record["generator_loss"]]).all()


@share(0.3)
@given(st.data(), frames(), trainings)
def test_resampled_frame_has_its_rows_and_new_ones_like_them(data, X, options):
    y = data.draw(labels_for(len(X)))
    X_before, y_before = X.copy(deep=True), pickle.loads(pickle.dumps(y))
    augmenter = tiny(**options)
    try:
        X_new, y_new = few_rows_are_no_matter(augmenter.fit_resample, X, y)
    except ValueError as error:
        if options["train_on"] == "minority" and "leaves 1 row" in str(error):
            return
        raise
    assert_frame_equal(X, X_before)
    assert_same_labels(y, y_before)
    assert_frame_equal(X_new.iloc[: len(X)], X.reset_index(drop=True))
    assert type(y_new) is type(y)
    assert len(y_new) == len(X_new)
    counts = Counter(labels_in(y_new))
    assert len(set(counts.values())) == 1
    assert_promises_kept(X, X_new.iloc[len(X) :], len(X_new) - len(X))
    if isinstance(y, pd.Series):
        assert_series_equal(y_new.iloc[: len(y)], y.reset_index(drop=True))
        assert y_new.dtype == y.dtype
    assert_no_nan_loss(augmenter)
    label = data.draw(st.sampled_from(sorted(augmenter.sampling_strategy_ or counts, key=repr)))
    if options["train_on"] == "minority" and label not in augmenter.sampling_strategy_:
        return
    X_drawn, y_drawn = augmenter.sample(3, y=label, return_y=True)
    assert_promises_kept(X, X_drawn, 3)
    assert labels_in(y_drawn) == [label] * 3


@share(0.1)
@given(frames(), st.integers(1, 50), st.sampled_from([1, 1, 2, 12]))
def test_model_of_any_frame_can_be_kept(tmp_path_factory, X, n, max_steps):
    augmenter = tiny(max_steps=max_steps).fit(X)
    drawn = augmenter.sample(n)
    assert_promises_kept(X, drawn, n)
    assert_no_nan_loss(augmenter)
    assert_frame_equal(pickle.loads(pickle.dumps(augmenter)).sample(n), drawn)
    path = tmp_path_factory.mktemp("model") / "model"
    try:
        augmenter.save(path)
    except TypeError as error:
        if "cannot be saved as a file without code" in str(error) and "Colour" in str(error):
            return
        raise
    assert_frame_equal(gan_augment.load(path).sample(n), drawn)


@share(0.1)
@given(st.data(), frames(kinds=NUMERIC), st.sampled_from(["array", "list", "sparse", "polars"]))
def test_containers_come_back(data, frame, container):
    values = frame.to_numpy()
    if values.dtype == object:
        values = values.astype(float)
    if container == "sparse" and values.dtype == np.float16:  # which sparse matrices cannot hold
        values = values.astype(np.float32)
    X = {
        "array": lambda: values,
        "list": values.tolist,
        "sparse": lambda: sp.csr_array(np.nan_to_num(values)),
        "polars": lambda: pl.DataFrame(values),
    }[container]()
    y = data.draw(labels_for(len(frame)))
    X_new, y_new = few_rows_are_no_matter(tiny().fit_resample, X, y)
    assert type(X_new) is type(X)
    assert type(y_new) is type(y)
    real, both = (
        pd.DataFrame(
            M.toarray() if sp.issparse(M) else M.to_numpy() if container == "polars" else M
        )
        for M in (X, X_new)
    )
    if container != "list":
        assert (both.dtypes == real.dtypes).all()
    assert_frame_equal(both.iloc[: len(real)].astype(real.dtypes), real)
    assert_promises_kept(real, both.iloc[len(real) :].astype(real.dtypes), len(both) - len(real))


STRUCT = pa.struct([("x", pa.int8())])
SPOILS = {
    "infinity": lambda n: [np.inf, *[1.0] * (n - 1)],
    "minus infinity": lambda n: [*[1.0] * (n - 1), -np.inf],
    "float32 infinity": lambda n: np.r_[np.float32(np.inf), np.ones(n - 1, "float32")],
    "object infinity": lambda n: pd.Series([np.inf, *[1] * (n - 1)], dtype=object),
    "Decimal infinity": lambda n: pd.Series([Decimal("inf"), *[Decimal(1)] * (n - 1)]),
    "Decimal signalling NaN": lambda n: pd.Series([Decimal("sNaN"), *[Decimal(1)] * (n - 1)]),
    "int beyond floats": lambda n: pd.Series([10**400, *[1] * (n - 1)], dtype=object),
    "complex": lambda n: np.full(n, 1j),
    "list": lambda n: pd.Series([[1, 2]] * n),
    "dict": lambda n: pd.Series([{"a": 1}] * n),
    "set": lambda n: pd.Series([{1}] * n),
    "array": lambda n: pd.Series([np.ones(2)] * n),
    "arrow list": lambda n: pd.array([[1]] * n, dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
    "arrow struct": lambda n: pd.array([{"x": 1}] * n, pd.ArrowDtype(STRUCT)),
    "frame": lambda n: pd.Series([pd.DataFrame()] * n),
    "tuples of lists": lambda n: pd.Series([(1, [2])] * n),
}


@share(0.5)
@given(frames(), st.sampled_from(sorted(SPOILS)))
def test_column_that_cannot_be_learned_is_named(X, how):
    X.columns = [f"column {i}" for i in range(X.shape[1])]
    spoilt = pd.Series(SPOILS[how](len(X))).set_axis(X.index).rename("spoilt")
    with pytest.raises((ValueError, TypeError), match=r"(?s)'spoilt'.*(\.|:) "):
        tiny().fit(pd.concat([X, spoilt], axis=1))


SPOILT_LABELS = {
    "missing": (np.nan, ValueError, "missing labels"),
    "missing text": (None, ValueError, "missing labels"),
    "list": ([1], TypeError, r"y holds a list, \[1\].*Turn it"),
    "dict": ({}, TypeError, "y holds a dict.*Turn it"),
    "array": (np.ones(2), TypeError, "y holds a ndarray.*Turn it"),
}


@pytest.mark.parametrize("how", sorted(SPOILT_LABELS))
@pytest.mark.parametrize("container", [list, pd.Series, lambda y: y])
def test_labels_that_cannot_be_used_are_told(how, container):
    label, error, message = SPOILT_LABELS[how]
    y = np.empty(20, dtype=object)
    y[:] = ["a", "b"] * 10
    y[3] = label
    with pytest.raises(error, match=message):
        tiny().fit(np.ones((20, 2)), container(y))


def test_labels_of_records_are_told():
    with pytest.raises(ValueError, match=r"array of records.*one field"):
        tiny().fit(np.ones((20, 2)), np.zeros(20, dtype=[("a", int)]))


def test_lists_keep_the_types_of_what_they_hold():
    X = [[1.5, "a", True], [2, "b", None]] * 10
    y = [1] * 12 + ["one"] * 4 + [b"1"] * 4
    X_new, y_new = few_rows_are_no_matter(tiny().fit_resample, X, y)
    assert X_new[:20] == X
    assert {type(row[0]) for row in X_new} <= {float, int}
    assert {row[1] for row in X_new} == {"a", "b"}
    assert {row[2] for row in X_new} <= {True, None}
    assert Counter(y_new) == {1: 12, "one": 12, b"1": 12}


@pytest.mark.parametrize("kind", ["S3", "V3"])
def test_bytes_of_numpy_come_back(kind):
    X = np.array([[b"abc", b"de"], [b"", b"de"]] * 10, dtype=kind)
    y = np.array([b"a"] * 12 + [b"b"] * 8, dtype=kind)
    X_new, y_new = few_rows_are_no_matter(tiny().fit_resample, X, y)
    assert (X_new.dtype, y_new.dtype) == (X.dtype, y.dtype)
    assert set(X_new[:, 0].tolist()) <= set(X[:, 0].tolist())
    assert y_new.tolist().count(y.tolist()[-1]) == 12


@pytest.mark.parametrize("far", [0, 2**100])
def test_polars_integers_of_128_bits_come_back(far):
    X = pl.DataFrame({"a": pl.Series([far, far + 2**70, None] * 10, dtype=pl.Int128)})
    drawn = tiny().fit(X).sample(50)
    assert drawn.schema == X.schema
    assert drawn["a"].drop_nulls().is_between(far, far + 2**70).all()


@pytest.mark.parametrize("kind", sorted(COLUMNS))
def test_every_kind_of_column_by_itself(kind):
    for n, missing in ((2, 0.0), (3, 0.5), (33, 0.3)):
        X = table_of([kind], n, 0, missing=missing)
        assert_promises_kept(X, tiny().fit(X).sample(20), 20)


@pytest.mark.parametrize("kind", sorted(LABELS))
def test_every_kind_of_label_by_its_name(kind):
    values, dtype = LABELS[kind]
    objects = np.empty(len(values) * 12, dtype=object)
    objects[:] = [value for value in values for _ in range(12)]
    y = pd.Series(objects[:-5], dtype=dtype) if dtype else pd.Series(objects[:-5].tolist())
    augmenter = few_rows_are_no_matter(tiny().fit, np.random.default_rng(0).random((len(y), 2)), y)
    for value in values:
        _, drawn = augmenter.sample(4, y=value, return_y=True)
        assert list(drawn) == [value] * 4
        assert drawn.dtype == y.dtype


def test_column_that_the_minority_lacks_stays_missing():
    X = pd.DataFrame({"a": np.arange(40.0), "b": [*np.arange(30.0), *[np.nan] * 10]})
    y = np.repeat([0, 1], [30, 10])
    drawn = tiny(train_on="minority").fit(X, y).sample(20)
    assert drawn["b"].isna().all()
    assert drawn["a"].between(0, 39).all()


@pytest.mark.filterwarnings("ignore:(Class|Frequent values|The generator collapsed):UserWarning")
def test_every_kind_of_column_in_a_whole_training():
    """With scores on the way, a small class put to the test, and faults looked for."""
    X = table_of(list(COLUMNS), 80, 0, missing=0.2)
    y = np.repeat(["many", "few"], [60, 20])
    augmenter = tiny(max_steps=100, interpolate_below=30)
    X_new, y_new = augmenter.fit_resample(X, y)
    assert_promises_kept(X, X_new.iloc[80:], 40)
    assert y_new.tolist()[80:] == ["few"] * 40
    assert_no_nan_loss(augmenter)
    assert np.isfinite([record["score"] for record in augmenter.history_]).all()


def test_five_hundred_columns():
    kinds = [*COLUMNS] * 6
    X = table_of(kinds[:500], 30, 0, missing=0.2)
    assert_promises_kept(X, tiny().fit(X).sample(10), 10)
