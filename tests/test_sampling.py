"""Which classes, how many rows: what is asked for is what is counted out."""

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator

from gan_augment import FewRowsWarning, GANAugmenter
from gan_augment.frames import FrameBorder
from gan_augment.model import batch_sizes
from gan_augment.sampling import (
    apportion,
    check_target,
    codes_asked,
    draw_seed,
    rows_to_add,
    rows_to_train_on,
)

Y = np.repeat(["a", "b", "c"], [50, 30, 20])


class Echo(BaseEstimator):
    """Its rows say which class was asked for, in which place and by which seed."""

    def border(self, X, *, categorical_features, image_shape):
        return FrameBorder(categorical_features)

    def fit(self, data, labels, *, n_classes, resources):
        self.labels_, self.n_classes_, self.seed_ = labels, n_classes, resources.seed
        self.history_, self.n_steps_, self.device_ = [], 1, "cpu"
        return self

    def sample(self, labels, seed):
        noise = np.random.default_rng(seed).random(len(labels))
        return np.column_stack([labels, noise]).astype(float)


def echo(y=Y, **parameters):
    X = np.column_stack([np.linspace(0, 9, len(y)), np.linspace(0, 1, len(y))])
    augmenter = GANAugmenter(backend=Echo(), **{"random_state": 0, **parameters})
    return augmenter.fit(X, y)


def test_shares_are_met_to_the_row():
    assert_array_equal(apportion(10, np.array([0.25, 0.25, 0.5])), [0] * 3 + [1] * 2 + [2] * 5)
    assert_array_equal(apportion(1, np.array([0.3, 0.7])), [1])
    assert_array_equal(apportion(7, np.array([0.0, 1.0])), [1] * 7)
    for n in range(1, 40):
        assert len(apportion(n, np.array([1 / 3, 1 / 3, 1 / 3]))) == n


def test_batches_make_up_the_whole():
    assert batch_sizes(25, 10) == [10, 10, 5]
    assert batch_sizes(20, 10) == [10, 10]
    assert batch_sizes(3, 10) == [3]


def test_seeds_follow_the_random_state():
    assert draw_seed(3) == draw_seed(3) != draw_seed(4)
    state = np.random.RandomState(3)
    assert draw_seed(state) != draw_seed(state)
    assert draw_seed(None) != draw_seed(None)
    assert 0 <= draw_seed(0) < 2**31


@pytest.mark.parametrize(
    ("strategy", "added"),
    [
        ("auto", [0, 20, 30]),
        ("not majority", [0, 20, 30]),
        ("minority", [0, 0, 30]),
        ("not minority", [0, 20, 0]),
        ("all", [0, 20, 30]),
        ({"b": 30, "c": 90}, [0, 0, 70]),
        ({"a": 60}, [10, 0, 0]),
        (lambda y: {"c": 21}, [0, 0, 1]),
    ],
)
def test_strategies_add_what_they_say(strategy, added):
    assert_array_equal(rows_to_add(strategy, Y, check_target(Y, 100)), added)


def test_a_function_is_given_an_array_for_a_list():
    y = Y.tolist()
    added = rows_to_add(lambda y: {"c": int((y == "a").sum())}, y, check_target(y, 100))
    assert_array_equal(added, [0, 0, 30])


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ({"d": 90}, r"class 'd', which y does not contain. Its classes are \['a', 'b', 'c'\]"),
        ({"b": 29}, r"asks for 29 rows of class 'b', which has 30\..*ask for 30 or more"),
        ({"b": 30.5}, r"asks for 30\.5 rows"),
        (0.1, r"sampling_strategy=0\.1 is impossible.*\{'a': 50, 'b': 30, 'c': 20\}"),
    ],
)
def test_impossible_strategies_are_told(strategy, message):
    with pytest.raises(ValueError, match=message):
        rows_to_add(strategy, Y, check_target(Y, 100))


def test_targets_that_cannot_be_used_are_told():
    with pytest.raises(ValueError, match=r"X has 99 rows, y has 100 labels"):
        check_target(Y, 99)
    single = r"Got only 'a'\. Add rows of another class.* and sample\(n\) to model a single class\."
    with pytest.raises(ValueError, match=single):
        rows_to_add("auto", ["a"] * 5, check_target(["a"] * 5, 5))
    with pytest.raises(
        ValueError, match=r"y holds 100 different numbers.* example with pandas\.cut,"
    ):
        check_target(np.linspace(0, 1, 100), 100)
    assert check_target(np.repeat([0.0, 2.0], 50), 100).n_classes == 2


def test_training_on_the_minority_takes_what_grows():
    codes = check_target(Y, 100).codes
    rows, trained = rows_to_train_on("minority", codes, np.array([0, 20, 30]))
    assert_array_equal(rows, np.arange(50, 100))
    assert_array_equal(trained, [1, 2])
    for train_on, strategy in (("all", [0, 20, 30]), ("minority", [0, 0, 0])):
        rows, trained = rows_to_train_on(train_on, codes, np.array(strategy))
        assert_array_equal(rows, np.arange(100))
        assert_array_equal(trained, [0, 1, 2])
    rows, trained = rows_to_train_on("minority", np.zeros(4, dtype=int), None)
    assert_array_equal(trained, [0])
    two, _ = rows_to_train_on("minority", np.array([0, 0, 0, 1, 1]), np.array([0, 1]))
    assert_array_equal(two, [3, 4])
    with pytest.raises(ValueError, match=r"leaves 1 row to learn from\. Use train_on='all', which"):
        rows_to_train_on("minority", np.array([0, 0, 1]), np.array([0, 1]))


@pytest.mark.parametrize(
    ("y", "codes"),
    [
        (None, None),
        ("b", 1),
        (np.array("b"), 1),
        (["c", "a"], [2, 0]),
        (np.array(["b"]), [1]),
        (pd.DataFrame({"y": ["c", "a"]}), [2, 0]),
        (np.array([["c"], ["a"]]), [2, 0]),
        (("c", "a"), [2, 0]),
        ([], []),
    ],
)
def test_labels_asked_for_become_codes(y, codes):
    found = codes_asked(y, check_target(Y, 100), np.arange(3))
    if codes is None:
        assert found is None
    else:
        assert_array_equal(found, codes)


@pytest.mark.parametrize(
    ("y", "label"),
    [
        ("d", "'d'"),
        (3, "3"),
        (["a", "d", "e"], "'d'"),
        ([["a"]], r"\['a'\]"),
        ([("a", ["b"])], r"'a', \['b'\]"),
        ({"a"}, "'a'"),
    ],
)
def test_unknown_labels_are_told(y, label):
    if isinstance(y, set):
        y = [{"a"}]
    with pytest.raises(ValueError, match=rf"y=.*{label}.* is not a class.*\['a', 'b', 'c'\]"):
        codes_asked(y, check_target(Y, 100), np.arange(3))


def test_labels_that_are_tuples_or_times_are_asked_for():
    y = np.empty(20, dtype=object)
    y[:] = [("p", 1), ("q", 2)] * 10
    assert codes_asked([("q", 2), ("p", 1)], check_target(y, 20), np.arange(2)).tolist() == [1, 0]
    times = check_target(pd.Series(pd.to_datetime(["2021", "2022"] * 10)), 20)
    assert codes_asked(np.array(np.datetime64("2022", "ns")), times, np.arange(2)) == 1


def test_counts_of_labels_are_refused():
    with pytest.raises(ValueError, match=r"y=\{'a': 3\} is a mapping.*numpy.repeat"):
        codes_asked({"a": 3}, check_target(Y, 100), np.arange(3))


def test_classes_that_were_not_learned_are_told():
    target = check_target(Y, 100)
    assert codes_asked(["b", "c"], target, np.array([1, 2])).tolist() == [1, 2]
    for y in ("a", ["b", "a", "c"]):
        with pytest.raises(ValueError, match=r"y='a' was not learned.*train_on='all'"):
            codes_asked(y, target, np.array([1, 2]))
    with pytest.raises(ValueError, match=r"y='a' asks for a class.*fitted without y"):
        codes_asked("a", None, np.array([0]))


def test_rows_are_of_the_classes_asked_for():
    augmenter = echo()
    X, y = augmenter.sample(40, y="b", return_y=True)
    assert_array_equal(X[:, 0], np.ones(40))
    assert_array_equal(y, ["b"] * 40)
    X, y = augmenter.sample(y=["c", "a", "c"], return_y=True)
    assert_array_equal(X[:, 0], [2, 0, 2])
    assert y.tolist() == ["c", "a", "c"]
    assert len(augmenter.sample(2, y=["c", "a"])) == 2
    with pytest.raises(ValueError, match="n_samples=3 but y has 2 labels"):
        augmenter.sample(3, y=["c", "a"])


def test_rows_without_a_wish_are_in_the_shares_that_the_strategy_adds():
    augmenter = echo()
    _, y = augmenter.sample(return_y=True)
    assert (len(y), (y == "b").sum(), (y == "c").sum()) == (50, 20, 30)
    X, y = augmenter.sample(500, return_y=True)
    assert ((y == "b").sum(), (y == "c").sum()) == (200, 300)
    # In no order: a part of them is of all classes.
    assert 60 < (y[:250] == "b").sum() < 140
    assert_array_equal(X[:, 0], np.where(y == "b", 1, 2))
    assert augmenter.sampling_strategy_ == {"b": 20, "c": 30}
    assert augmenter.classes_.tolist() == ["a", "b", "c"]


def test_balanced_classes_are_drawn_in_their_own_shares():
    y = np.repeat([0, 1, 2, 3], 25)
    augmenter = echo(y)
    assert len(augmenter.sample()) == 100
    _, drawn = augmenter.sample(40, return_y=True)
    assert_array_equal(np.bincount(drawn), [10] * 4)


def test_rows_without_classes():
    X = np.random.default_rng(0).random((30, 2))
    augmenter = GANAugmenter(backend=Echo(), random_state=0).fit(X)
    assert len(augmenter.sample()) == 30
    assert len(augmenter.sample(7)) == 7
    with pytest.raises(
        ValueError, match=r"return_y=True.*fitted without y\. Leave return_y=False,"
    ):
        augmenter.sample(7, return_y=True)
    with pytest.raises(ValueError, match="asks for a class"):
        augmenter.sample(7, y=0)
    with pytest.raises(ValueError, match=r"return_y=True.*fitted without y"):
        augmenter.sample_batches(7, return_y=True)


def test_minority_alone_is_learned_as_classes_of_its_own():
    augmenter = echo(train_on="minority")
    assert augmenter.backend_.n_classes_ == 2
    assert_array_equal(augmenter.backend_.labels_, np.repeat([0, 1], [30, 20]))
    X, y = augmenter.sample(y=["c", "b"], return_y=True)
    # The backend is asked by its own codes.
    assert_array_equal(X[:, 0], [1, 0])
    assert y.tolist() == ["c", "b"]


def test_same_call_same_rows_and_other_seeds_other_rows():
    augmenter = echo()
    assert_array_equal(augmenter.sample(9), augmenter.sample(9))
    assert not np.array_equal(augmenter.sample(9, y="b"), echo(random_state=1).sample(9, y="b"))
    moving = echo(random_state=np.random.RandomState(0))
    assert not np.array_equal(moving.sample(9, y="b"), moving.sample(9, y="b"))


class Filling(Echo):
    """Makes what over-sampling adds from what it was trained on."""

    def fill(self, data, labels, asked, seed):
        assert_array_equal(labels, self.labels_)
        assert len(data) == len(labels)
        noise = np.random.default_rng(seed).random(len(asked))
        return np.column_stack([asked + 5.0, noise])


def test_backends_may_fill_classes_with_the_help_of_the_real_rows():
    X = np.column_stack([np.linspace(0, 9, 100), np.linspace(0, 1, 100)])
    augmenter = GANAugmenter(backend=Filling(), random_state=0, train_on="minority")
    X_new, y_new = augmenter.fit_resample(X, Y)
    assert_array_equal(y_new[100:], np.repeat(["b", "c"], [20, 30]))
    assert_array_equal(X_new[100:, 0], np.repeat([5, 6], [20, 30]))
    assert_array_equal(augmenter.sample(3, y="c")[:, 0], [1, 1, 1])
    assert_array_equal(augmenter.fit_resample(X, Y)[0], X_new)
    other = GANAugmenter(backend=Filling(), random_state=1, train_on="minority")
    assert not np.array_equal(other.fit_resample(X, Y)[0], X_new)


class Doubting(Echo):
    """Is not sure of the class that it calls 0."""

    def fit(self, data, labels, *, n_classes, resources):
        self.doubts_ = {0: "is odd."}
        return super().fit(data, labels, n_classes=n_classes, resources=resources)


def test_doubts_about_classes_that_grow_are_told_by_their_labels(recwarn):
    X = np.column_stack([np.linspace(0, 9, 100), np.linspace(0, 1, 100)])
    GANAugmenter(backend=Doubting(), train_on="minority").fit(X, Y)
    told = [(str(w.message), w.category) for w in recwarn]
    assert told == [("Class 'b' is odd.", FewRowsWarning)]
    recwarn.clear()
    GANAugmenter(backend=Doubting()).fit(X, Y)  # here it is the class that does not grow
    assert not recwarn


@pytest.mark.parametrize("call", ["sample", "sample_batches"])
@pytest.mark.parametrize("n", [0, -1, 1.5, 0.5, True, "9"])
def test_bad_numbers_of_rows_are_told(call, n):
    augmenter = echo()
    with pytest.raises(ValueError, match=rf"n_samples={n!r} must be a positive integer, such as"):
        getattr(augmenter, call)(n)
    with pytest.raises(ValueError, match=rf"batch_size={n!r} must be a positive integer"):
        augmenter.sample_batches(5, n)


def test_labels_of_several_types_are_asked_for_as_they_are():
    y = np.array([1, "1", 2.5] * 20, dtype=object)
    augmenter = echo(y, sampling_strategy={1: 30, "1": 30})
    asked = ["1", 1, 2.5]
    assert augmenter.sample(y=asked, return_y=True)[1].tolist() == asked


def test_columns_of_another_frame_are_refused():
    X = pd.DataFrame({"p": np.linspace(0, 9, 100), "q": np.linspace(0, 1, 100)})
    augmenter = GANAugmenter(backend=Echo(), random_state=0).fit(X, Y)
    with pytest.raises(ValueError, match=r"the columns \['q', 'r'\] differ.*clone"):
        augmenter.fit_resample(X.rename(columns={"q": "r"}), Y)
    with pytest.raises(ValueError, match="X has 1 columns, not 2"):
        augmenter.fit_resample(X[["p"]].to_numpy(), Y)
    again, _ = augmenter.fit_resample(X[["q", "p"]], Y)
    assert list(again) == ["q", "p"]


def test_streams_depend_on_seed_and_place_alone():
    augmenter = echo()
    batches = list(augmenter.sample_batches(25, 10, seed=3, return_y=True))
    assert [len(y) for _, y in batches] == [10, 10, 5]
    again = list(augmenter.sample_batches(20, 10, seed=3, return_y=True))
    for (X, y), (X_again, y_again) in zip(batches[:2], again, strict=True):
        assert_array_equal(X, X_again)
        assert_array_equal(y, y_again)
        assert_array_equal(X[:, 0], np.where(y == "b", 1, 2))
    assert not np.array_equal(batches[0][0], batches[1][0])
    assert not np.array_equal(batches[0][0], next(augmenter.sample_batches(10, 10, seed=4)))
    ((_, y),) = augmenter.sample_batches(1_000, 1_000, seed=0, return_y=True)
    assert set(y) == {"b", "c"}
    assert 330 < (y == "b").sum() < 470
    ((_, y),) = augmenter.sample_batches(9, 10, y="a", return_y=True)
    assert y.tolist() == ["a"] * 9


def test_a_stream_is_of_one_class():
    for y in (["a"] * 9, np.array(["a", "b"])):
        with pytest.raises(ValueError, match=r"y=.* holds \d labels.*sample\(y=...\)"):
            echo().sample_batches(9, 3, y=y)


@pytest.mark.parametrize("seed", [-1, 1.5, True, "x"])
def test_bad_seeds_of_a_stream_are_told_before_the_first_batch(seed):
    with pytest.raises(ValueError, match=re.escape(f"seed={seed!r} must be an integer of 0 or")):
        echo().sample_batches(5, seed=seed)


def test_resampled_rows_follow_the_real_ones():
    X = np.column_stack([np.linspace(0, 9, 100), np.linspace(0, 1, 100)])
    X_new, y_new = GANAugmenter(backend=Echo(), random_state=0).fit_resample(X, Y)
    assert_array_equal(X_new[:100], X)
    assert_array_equal(y_new[:100], Y)
    assert_array_equal(y_new[100:], np.repeat(["b", "c"], [20, 30]))
    assert_array_equal(X_new[100:, 0], np.repeat([1, 2], [20, 30]))


@pytest.mark.parametrize("n", [9, 10])
def test_classes_below_ten_rows_are_warned_of(n, recwarn):
    y = np.repeat(["many", "few"], [40, n])
    echo(y)
    told = [str(warning.message) for warning in recwarn]
    if n < 10:
        assert [warning.category for warning in recwarn] == [FewRowsWarning]
        assert "The GAN has few rows to learn these classes from: {'few': 9}." in told[0]
        assert told[0].endswith("check that they help, for example with cross-validation.")
    else:
        assert told == []
    recwarn.clear()
    echo(y, sampling_strategy={"many": 50})  # it does not grow
    assert not recwarn


@pytest.mark.parametrize("kind", ["datetime64[ns]", "timedelta64[ns]"])
def test_times_to_the_nanosecond_are_labels(kind):
    labels = np.repeat(np.array([10**18, 10**18 + 1]), [40, 20]).astype(kind)
    augmenter = echo(labels)
    for asked in (labels, pd.Series(labels), list(labels)):
        assert_array_equal(augmenter.sample(y=asked, return_y=True)[1], labels)
    with pytest.raises(ValueError, match="not a class that was seen"):
        augmenter.sample(y=labels + 7)


@pytest.mark.parametrize("dtype", ["datetime64[ns]", "date32[day][pyarrow]", "object"])
def test_classes_of_dates_are_named_as_they_are_written(quick, dtype):
    days = pd.Series(pd.to_datetime(["2021-09-04"] * 3 + ["2020-01-01"] * 40))
    y = days.dt.date if dtype == "object" else days.astype(dtype)
    X = pd.DataFrame({"x": np.arange(43.0)})
    with pytest.warns(UserWarning, match=r"these classes from: \{'2021-09-04': 3\}"):
        augmenter = quick().fit(X, y)
    with pytest.raises(ValueError, match=r"The classes are \['2020-01-01', '2021-09-04'\]"):
        augmenter.sample(3, y="2021-09-05")
