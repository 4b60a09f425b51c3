"""Bad input is answered before training, with the parameter, the value and the remedy."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.exceptions import NotFittedError

from gan_augment import GANAugmenter, TabularGAN
from gan_augment.training import session

X = pd.DataFrame({"a": np.arange(40.0), "b": np.tile(["u", "v"], 20)})
Y = np.repeat([0, 1], [28, 12])


@pytest.fixture(autouse=True)
def no_training(monkeypatch):
    def train(*args, **kwargs):
        raise AssertionError("training started")

    monkeypatch.setattr(session, "train", train)


@pytest.mark.parametrize(
    ("features", "target", "message"),
    [
        (X.iloc[:0], Y[:0], r"0 sample.*X is empty.*pass the rows"),
        (X.iloc[:, :0], Y, r"0 feature.*X has no columns"),
        (X.iloc[:1], Y[:1], r"X has 1 sample.*at least 2 rows"),
        (X["a"], Y, r"2D array.*X\.to_frame\(\)"),
        (X["a"].to_numpy(), Y, r"Expected 2D array"),
        (X, np.zeros(40), r"'y' needs to have more than 1 class.*0\.0.*fit\(X\)"),
        (X, np.linspace(0, 1, 40), r"continuous.*y holds 40 different numbers.*pandas\.cut"),
        (X, Y[:-1], r"inconsistent.*X has 40 rows, y has 39.*one label per row"),
        (X, np.where(Y == 0, np.nan, Y), r"y has 28 missing labels.*Drop"),
        (X, 3, r"y=3 is a single value"),
        (X, "b", r"y='b' is a single value.*name of a column is read where X is a path"),
        (X, np.ones((40, 3)), r"y has shape \(40, 3\).*one label per row"),
        (X, None, r"fit_resample requires y"),
        (X.set_axis(["a", "a"], axis=1), Y, r"duplicate column names: \['a'\].*Rename"),
        (X.assign(c=np.r_[np.inf, np.arange(39.0)]), Y, r"'c' contains infinity.*Replace"),
        (X.assign(c=1j), Y, r"Complex data not supported.*'c'"),
    ],
)
def test_bad_data(features, target, message):
    with pytest.raises(ValueError, match=message):
        GANAugmenter().fit_resample(features, target)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (pl.from_pandas(X).lazy(), r"LazyFrame.*X\.collect\(\)"),
        (X.to_dict("list"), r"X is a dict\. Use pandas\.DataFrame\(X\)"),
        (X.to_records(index=False), r"array of records \(.*\. Use pandas\.DataFrame\(X\)"),
        (["a.parquet", "b.parquet"], r"list of strings or paths\..*pyarrow\.dataset\.dataset\(X\)"),
        ([Path("a.parquet")], r"list of strings or paths"),
    ],
)
def test_rows_in_a_form_that_is_not_read(features, message):
    with pytest.raises(TypeError, match=message):
        GANAugmenter().fit_resample(features, Y)
    with pytest.raises(TypeError, match=message):
        GANAugmenter().fit(features)


@pytest.mark.parametrize(
    "frame",
    [X.assign(c=[[1, 2]] * 40), pl.DataFrame({"a": range(40), "c": [[1, 2]] * 40})],
)
def test_a_column_of_lists(frame):
    with pytest.raises(TypeError, match=r"'c'.*[Ll]ist.*columns of (their|its) own"):
        GANAugmenter().fit_resample(frame, Y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"device": "abacus"}, r"device='abacus' cannot be used.*'cpu'"),
        ({"device": "cuda:99"}, r"device='cuda:99' cannot be used.*'auto'"),
        ({"device": "meta"}, r"device='meta'"),
        ({"backend": "diffusion"}, r"'backend' parameter.*'tabular'.*'diffusion'"),
        ({"backend": 3}, r"'backend' parameter"),
        ({"train_on": "some"}, r"'train_on' parameter.*'minority'"),
        ({"max_steps": 0}, r"'max_steps' parameter"),
        ({"max_time": -1}, r"'max_time' parameter"),
        ({"sampling_strategy": "majority"}, r"'sampling_strategy' parameter"),
        ({"sampling_strategy": 1.5}, r"'sampling_strategy' parameter"),
        ({"sampling_strategy": 0.1}, r"sampling_strategy=0\.1 is impossible.*\{0: 28, 1: 12\}"),
        ({"sampling_strategy": {2: 50}}, r"class 2, which y does not contain.*\[0, 1\]"),
        ({"sampling_strategy": {1: 5}}, r"asks for 5 rows of class 1, which has 12.*or more"),
        ({"sampling_strategy": {1: 50.5}}, r"asks for 50\.5 rows"),
        ({"sampling_strategy": {1: 50.0}}, r"asks for 50\.0 rows of class 1: .* is an int"),
        ({"sampling_strategy": lambda y: None}, r"sampling_strategy=.*gave None.*dict"),
        ({"categorical_features": ["z"]}, r"categorical_features names 'z'.*\['a', 'b'\]"),
        ({"categorical_features": [7]}, r"categorical_features names 7"),
        ({"categorical_features": [True]}, r"mask of 1 entries, but X has 2 columns"),
        ({"categorical_features": "a"}, r"categorical_features"),
        (
            {"image_shape": (8, 8), "backend": "tabular"},
            r"image_shape=\(8, 8\) is for images.*image_shape=None",
        ),
        ({"backend": TabularGAN(loss="mse")}, r"'loss' parameter.*'hinge'"),
        ({"backend": TabularGAN(gamma=-1)}, r"'gamma' parameter"),
        ({"backend": TabularGAN(optimizer="lion")}, r"'optimizer' parameter.*'adam'"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        GANAugmenter(**parameters).fit_resample(X, Y)


def test_minority_of_one_row_cannot_be_learned_alone():
    target = np.repeat([0, 1], [39, 1])
    with pytest.raises(ValueError, match=r"train_on='minority' leaves 1 row.*train_on='all'"):
        GANAugmenter(train_on="minority").fit_resample(X, target)


def test_nothing_is_learned_from_bad_input():
    augmenter = GANAugmenter()
    with pytest.raises(ValueError, match="inconsistent"):
        augmenter.fit(X, Y[:-1])
    assert not [name for name in vars(augmenter) if name.endswith("_")]


@pytest.mark.parametrize("method", ["sample", "sample_batches"])
def test_sampling_before_fit(method):
    with pytest.raises(NotFittedError, match="fit"):
        getattr(GANAugmenter(), method)(10)


def test_transform_is_absent_and_says_why():
    augmenter = GANAugmenter()
    assert not hasattr(augmenter, "transform")
    with pytest.raises(AttributeError, match=r"imblearn\.pipeline.*AugmentedClassifier"):
        augmenter.transform(X)


class TestFitted:
    """What can be asked wrongly of a fitted augmenter."""

    @pytest.fixture(autouse=True)
    def fitted(self, monkeypatch, quick):
        monkeypatch.undo()
        self.augmenter = quick().fit(X, Y)

    @pytest.mark.parametrize("n", [0, -1, 2.5, "many", True])
    def test_bad_number_of_rows(self, n):
        with pytest.raises(ValueError, match=r"n_samples=.* must be a positive integer"):
            self.augmenter.sample(n)
        with pytest.raises(ValueError, match=r"n_samples=.* must be a positive integer"):
            self.augmenter.sample_batches(n)

    @pytest.mark.parametrize("y", ["fraud", 2, [0, 2]])
    def test_unknown_class(self, y):
        with pytest.raises(ValueError, match=r"is not a class that was seen.*\[0, 1\]"):
            self.augmenter.sample(2, y=y)

    def test_as_many_labels_as_rows(self):
        with pytest.raises(ValueError, match=r"n_samples=3 but y has 2 labels"):
            self.augmenter.sample(3, y=[0, 1])

    @pytest.mark.parametrize("labels", ["yes", "no", 1, None, np.array(1), {"yes": 3}])
    def test_rows_to_fill_are_named_one_by_one(self, quick, labels):
        y = np.where(Y == 1, "yes", "no") if isinstance(labels, (str, dict)) else Y
        augmenter = quick().fit(X, y)
        with pytest.raises(ValueError, match=r"^labels=.*numpy\.repeat\("):
            augmenter.fill(X, y, labels)
        assert len(augmenter.fill(X, y, y[:2])) == 2
        assert len(augmenter.fill(X, y, [])) == 0
        assert len(augmenter.sample(2, y=y[0])) == 2

    def test_unknown_class_to_fill(self):
        for labels in ("maybe", [0, 2]):
            with pytest.raises(ValueError, match=r"^labels=.* is not a class that was seen"):
                self.augmenter.fill(X, Y, labels)

    def test_bad_batches(self):
        with pytest.raises(ValueError, match=r"batch_size=0"):
            self.augmenter.sample_batches(10, 0)
        with pytest.raises(ValueError, match=r"seed=-1"):
            self.augmenter.sample_batches(10, seed=-1)

    def test_other_columns(self):
        with pytest.raises(ValueError, match=r"other columns.*'b'.*clone\(augmenter\)"):
            self.augmenter.fit_resample(X.rename(columns={"b": "c"}), Y)
        with pytest.raises(ValueError, match=r"X has 1 columns, not 2"):
            self.augmenter.fit_resample(X[["a"]].to_numpy(), Y)

    def test_class_that_was_not_trained_on(self, quick):
        augmenter = quick(train_on="minority").fit(X, Y)
        assert len(augmenter.sample(3, y=1)) == 3
        with pytest.raises(ValueError, match=r"y=.*0.* was not learned.*train_on='all'"):
            augmenter.sample(3, y=0)

    def test_labels_of_a_model_without_labels(self, quick):
        augmenter = quick().fit(X)
        with pytest.raises(ValueError, match=r"fitted without y"):
            augmenter.sample(3, y=0)
        with pytest.raises(ValueError, match=r"return_y=True.*fitted without y"):
            augmenter.sample(3, return_y=True)


def test_hidden_values_are_not_learned():
    hidden = np.ma.masked_equal(np.c_[np.arange(40.0), Y], 1.0)
    with pytest.raises(ValueError, match=r"masked array.*filled\(numpy\.nan\)"):
        GANAugmenter().fit(hidden, Y)


def test_arrow_tables_are_to_be_converted():
    table = pa.Table.from_pandas(X)
    for rows in (table, table.to_batches()[0]):
        with pytest.raises(TypeError, match=r"X\.to_pandas\(\)"):
            GANAugmenter().fit(rows, Y)
        with pytest.raises(TypeError, match=r"X\.to_pandas\(\)"):
            GANAugmenter().fit_resample(rows, Y)


def test_a_backend_is_an_instance():
    with pytest.raises(TypeError, match=r"TabularGAN is a class.*TabularGAN\(\)"):
        GANAugmenter(backend=TabularGAN).fit(X, Y)
