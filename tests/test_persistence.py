"""A saved model comes back the same; a damaged or foreign file says so."""

import datetime
import multiprocessing
import os
import pickle
import signal
import sys
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import cloudpickle
import joblib
import numpy as np
import pandas as pd
import PIL.Image
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
import skops.io
import torch
from pandas.testing import assert_frame_equal, assert_series_equal
from safetensors.numpy import save_file
from sklearn.base import BaseEstimator

import gan_augment
from gan_augment import FewRowsWarning, GANAugmenter
from gan_augment.frames import FrameBorder

OLD_FILE = Path(__file__).parent / "data" / "model_format_1.safetensors"


@pytest.fixture
def there_and_back(tmp_path):
    def copy(augmenter):
        path = tmp_path / "model.safetensors"
        augmenter.save(path)
        return gan_augment.load(path)

    return copy


TOKYO = ZoneInfo("Asia/Tokyo")


def with_arrow(X):
    X = X.convert_dtypes(dtype_backend="pyarrow")
    return X.assign(day=X["bottled"].dt.date.astype(pd.ArrowDtype(pa.date32())))


def with_odd_columns(X):
    return X[["alcohol"]].assign(
        month=X["bottled"].dt.to_period("M"),
        zoned=X["bottled"].dt.tz_localize("Asia/Tokyo"),
        price=[Decimal(i) / 4 for i in range(len(X))],
        pair=[(i % 3, "x") for i in range(len(X))],
        day=[datetime.date(2020, 1, 1 + i % 5) for i in range(len(X))],
        moment=[datetime.datetime(2020, 3, 1 + i % 30, tzinfo=TOKYO) for i in range(len(X))],
        span=[datetime.timedelta(hours=i) for i in range(len(X))],
        stamp=X["bottled"].dt.tz_localize(TOKYO).astype(object),
        far=[10**20 + i for i in range(len(X))],
        band=pd.cut(X["hue"], 3),
        mixed=["a", 1, None] * (len(X) // 3) + ["a"] * (len(X) % 3),
    )


@pytest.mark.parametrize(
    "prepared",
    [
        lambda X: X,
        lambda X: X.convert_dtypes(),
        with_arrow,
        with_odd_columns,
        lambda X: X[["alcohol", "hue"]].set_axis(
            pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]), axis=1
        ),
    ],
)
def test_saved_model_draws_the_same_rows(quick, mixed, there_and_back, prepared):
    X, y = mixed
    X = prepared(X)
    augmenter = quick().fit(X, y)
    copy = there_and_back(augmenter)
    assert repr(copy) == repr(augmenter)
    X_new, y_new = augmenter.sample(40, return_y=True)
    X_copy, y_copy = copy.sample(40, return_y=True)
    assert_frame_equal(X_copy, X_new)
    assert_series_equal(y_copy, y_new)
    for name in ("n_features_in_", "sampling_strategy_", "n_steps_", "device_"):
        assert getattr(copy, name) == getattr(augmenter, name)
    np.testing.assert_equal(copy.history_, augmenter.history_)
    assert list(copy.classes_) == list(augmenter.classes_)


@pytest.mark.parametrize(
    "container", [np.asarray, sp.csr_matrix, sp.coo_array, lambda X: X.tolist(), pl.DataFrame]
)
def test_saved_model_gives_the_container_back(quick, cancer, there_and_back, container):
    X = container(cancer[0].to_numpy()[:, :4].astype("float32"))
    labels = pl.Series("kind", ["ill" if label else "well" for label in cancer[1]])
    augmenter = quick().fit(X, labels)
    before, after = (
        augmenter.sample(9, return_y=True),
        there_and_back(augmenter).sample(9, return_y=True),
    )
    assert type(after[0]) is type(before[0])
    assert after[1].equals(before[1])
    dense = [
        rows.toarray() if sp.issparse(rows) else np.asarray(rows) for rows, _ in (before, after)
    ]
    assert dense[0].dtype == dense[1].dtype
    np.testing.assert_array_equal(*dense)


@pytest.mark.parametrize(
    "labels",
    [
        [0, 1],
        [True, False],
        [1.0, 2.0],
        ["non", "œuf"],
        [b"a", b"b"],
        [("a", 1), ("b", None)],
        [frozenset([1]), frozenset([2])],
        [Decimal("1.10"), Decimal("2")],
        [datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)],
        [pd.Timestamp("2020", tz="UTC"), pd.Timestamp("2021", tz="UTC")],
        [1, "one"],
    ],
)
def test_labels_of_these_types_can_be_saved(quick, cancer, there_and_back, labels):
    X = cancer[0].iloc[:, :3]
    y = pd.Series([labels[code] for code in cancer[1]])
    augmenter = quick().fit(X, y)
    copy = there_and_back(augmenter)
    _, drawn = copy.sample(5, y=labels[0], return_y=True)
    assert list(drawn) == [labels[0]] * 5
    assert drawn.dtype == y.dtype
    assert copy.sampling_strategy_ == augmenter.sampling_strategy_


class Ghost:
    """A label that no file without code can hold."""

    def __init__(self, name):
        self.name = name

    def __eq__(self, other):
        return isinstance(other, Ghost) and self.name == other.name

    def __hash__(self):
        return hash(self.name)


def test_labels_of_other_types_are_refused_and_can_be_pickled(quick, cancer, tmp_path):
    X = cancer[0].iloc[:, :3]
    ghosts = pd.Series([Ghost("ill"), Ghost("well")])
    augmenter = quick().fit(X, ghosts[cancer[1]].reset_index(drop=True))
    path = tmp_path / "model"
    path.write_text("what was there")
    with pytest.raises(TypeError, match=r"in its target.*Ghost.*strings.*pickle"):
        augmenter.save(path)
    assert path.read_text() == "what was there"
    assert [p.name for p in tmp_path.iterdir()] == ["model"]
    copy = pickle.loads(pickle.dumps(augmenter))
    assert_frame_equal(copy.sample(5, y=Ghost("ill")), augmenter.sample(5, y=Ghost("ill")))


def test_functions_as_parameters_are_refused(quick, cancer, tmp_path):
    augmenter = quick(sampling_strategy=lambda y: {0: 300}).fit(*cancer)
    with pytest.raises(TypeError, match=r"in its parameters, .*function"):
        augmenter.save(tmp_path / "model")


def test_parameters_of_every_kind_come_back(quick, cancer, there_and_back):
    X, y = cancer
    augmenter = quick(
        sampling_strategy={0: 300},
        random_state=np.random.RandomState(3),
        categorical_features=np.array([True] + [False] * 29),
        device=torch.device("cpu"),
    )
    X = X.round(0)
    augmenter.fit(X, y)
    copy = there_and_back(augmenter)
    assert copy.sampling_strategy == {0: 300}
    assert_frame_equal(copy.sample(4), augmenter.sample(4))
    assert_frame_equal(copy.fit(X, y).sample(4), augmenter.fit(X, y).sample(4))


def test_model_without_labels_comes_back(quick, cancer, there_and_back):
    augmenter = quick(backend="auto").fit(cancer[0])
    copy = there_and_back(augmenter)
    assert_frame_equal(copy.sample(7), augmenter.sample(7))
    assert not hasattr(copy, "classes_")


def test_no_row_trained_on_is_in_the_file(quick, tmp_path):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.random(5_000), "z": rng.random(5_000)})
    augmenter = quick().fit(X, rng.integers(2, size=5_000))
    augmenter.save(tmp_path / "model")
    content = (tmp_path / "model").read_bytes()
    rows = [row.tobytes() for row in X.to_numpy()]
    assert not any(row in content for row in rows)
    assert len(content) < 100_000


@pytest.mark.parametrize("module", [pickle, cloudpickle])
def test_pickles_work(quick, mixed, module):
    augmenter = quick().fit(*mixed)
    content = module.dumps(augmenter)
    assert b"torch" not in content
    assert_frame_equal(module.loads(content).sample(20), augmenter.sample(20))


def test_joblib_and_skops_work(quick, mixed, tmp_path):
    augmenter = quick().fit(*mixed)
    joblib.dump(augmenter, tmp_path / "model.joblib")
    assert_frame_equal(joblib.load(tmp_path / "model.joblib").sample(20), augmenter.sample(20))
    content = skops.io.dumps(augmenter)
    own = skops.io.get_untrusted_types(data=content)
    assert all(name.startswith("gan_augment.") for name in own)
    assert_frame_equal(skops.io.loads(content, trusted=own).sample(20), augmenter.sample(20))


def test_file_of_the_first_format_still_opens():
    augmenter = gan_augment.load(OLD_FILE)
    X, y = augmenter.sample(200, return_y=True)
    assert list(augmenter.classes_) == ["barbera", "barolo", "grignolino"]
    assert y.name == "cultivar"
    assert X.dtypes.astype(str).to_dict() == {
        "alcohol": "float64",
        "magnesium": "int64",
        "proline": "Int64",
        "strength": "object",
        "grade": "category",
        "bottled": "datetime64[ns]",
    }
    assert X["alcohol"].between(11.03, 14.83).sum() > 150
    assert X["alcohol"].isna().any()
    assert set(X["strength"].dropna()) <= {"light", "medium", "strong"}
    assert_frame_equal(augmenter.sample(3, y="barolo"), augmenter.sample(3, y="barolo"))


def test_truncated_file_is_refused(tmp_path):
    content = OLD_FILE.read_bytes()
    sizes = np.random.default_rng(0).integers(len(content), size=50)
    for size in (0, 1, 7, 8, 100, *sizes, len(content) - 1):
        path = tmp_path / "model"
        path.write_bytes(content[:size])
        with pytest.raises(ValueError, match=r"no model that gan_augment wrote, or it is trunc"):
            gan_augment.load(path)


def test_altered_file_is_refused(tmp_path):
    content = OLD_FILE.read_bytes()
    rng = np.random.default_rng(0)
    path = tmp_path / "model"
    for place in rng.integers(len(content), size=100):
        altered = bytearray(content)
        altered[place] ^= 1 << rng.integers(8)
        path.write_bytes(altered)
        with pytest.raises(ValueError, match=r"model'.*(Copy it again|Check the path|Install)"):
            gan_augment.load(path)


def test_foreign_files_are_refused(quick, cancer, tmp_path):
    path = tmp_path / "model"
    path.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(ValueError, match="no model that gan_augment wrote"):
        gan_augment.load(path)
    save_file({"weight": np.ones(3)}, path)
    with pytest.raises(ValueError, match="a file of something else, not a gan_augment model"):
        gan_augment.load(path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        gan_augment.load(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="is a folder"):
        gan_augment.load(tmp_path)


def test_file_of_a_later_format_asks_for_an_upgrade(tmp_path, monkeypatch):
    monkeypatch.setattr(gan_augment.archive, "FORMAT_VERSION", 0)
    with pytest.raises(ValueError, match="Install a newer gan_augment"):
        gan_augment.load(OLD_FILE)


def test_failed_write_leaves_the_old_file(quick, cancer, tmp_path, monkeypatch):
    path = tmp_path / "model"
    quick().fit(cancer[0].iloc[:, :3]).save(path)
    before = path.read_bytes()

    def disk_full(descriptor):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(OSError, match="No space left"):
        quick().fit(cancer[0]).save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="fork is Linux's")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_process_killed_while_it_saves_leaves_the_old_file(quick, cancer, tmp_path, monkeypatch):
    path = tmp_path / "model"
    old, new = (quick().fit(cancer[0].iloc[:, :n]) for n in (3, 4))
    old.save(path)
    before = path.read_bytes()

    def die(descriptor):
        os.kill(os.getpid(), signal.SIGKILL)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", die)
        process = multiprocessing.get_context("fork").Process(target=new.save, args=(path,))
        process.start()
        process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert path.read_bytes() == before
    assert_frame_equal(gan_augment.load(path).sample(5), old.sample(5))
    new.save(path)
    assert_frame_equal(gan_augment.load(path).sample(5), new.sample(5))


def test_path_that_cannot_be_written_is_named(quick, cancer, tmp_path):
    augmenter = quick().fit(cancer[0].iloc[:, :3])
    with pytest.raises(FileNotFoundError, match=r"no folder.*nowhere"):
        augmenter.save(tmp_path / "nowhere" / "model")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        augmenter.save(tmp_path)


class MeanBackend(BaseEstimator):
    """A user's own backend, which knows means and spreads."""

    def __init__(self, spread=1.0):
        self.spread = spread

    def border(self, X, *, categorical_features, image_shape):
        return FrameBorder(categorical_features)

    def fit(self, data, labels, *, n_classes, resources):
        self.means_ = np.array([data.values[labels == c].mean(axis=0) for c in range(n_classes)])
        self.history_, self.n_steps_, self.device_ = [], 1, "cpu"
        return self

    def sample(self, labels, seed):
        noise = np.random.default_rng(seed).normal(size=(len(labels), self.means_.shape[1]))
        return self.means_[labels] + self.spread * noise

    def get_state(self):
        return {"means": self.means_}

    def set_state(self, state):
        self.means_ = state["means"]
        self.history_, self.n_steps_, self.device_ = [], 1, "cpu"
        return self

    def border_from_state(self, state):
        return FrameBorder.from_state(state)


def test_backend_of_ones_own_can_be_saved(cancer, tmp_path):
    augmenter = GANAugmenter(backend=MeanBackend(spread=0.5), random_state=0).fit(*cancer)
    augmenter.save(tmp_path / "model")
    with pytest.raises(ValueError, match=r"'MeanBackend' is not known.*backends=\[YourBackend\]"):
        gan_augment.load(tmp_path / "model")
    copy = gan_augment.load(tmp_path / "model", backends=[MeanBackend])
    assert copy.backend_.spread == 0.5
    assert_frame_equal(copy.sample(6), augmenter.sample(6))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_model_trained_on_a_gpu_is_loaded_on_the_cpu(quick, cancer, there_and_back):
    augmenter = quick(device="cuda").fit(*cancer)
    copy = there_and_back(augmenter)
    assert copy.device_.startswith("cuda")
    assert all(w.device.type == "cpu" for w in copy.backend_._loaded_generator().parameters())
    assert len(copy.sample(10)) == 10


def test_interpolated_class_comes_back(quick, cancer, there_and_back):
    X, y = cancer
    keep = np.r_[np.flatnonzero(y == 1), np.flatnonzero(y == 0)[:12]]
    augmenter = quick()
    with pytest.warns(FewRowsWarning, match="interpolated"):
        augmenter.fit(X.iloc[keep], y.iloc[keep])
    copy = there_and_back(augmenter)
    assert_frame_equal(copy.sample(20, y=0), augmenter.sample(20, y=0))
    assert copy.backend_.doubts_ == augmenter.backend_.doubts_
    skops.io.dumps(augmenter)
    assert b"torch" not in pickle.dumps(augmenter)


def test_zones_of_the_standard_library_are_saved(quick, cancer, there_and_back):
    X, y = cancer
    zone = ZoneInfo("Europe/Berlin")
    X = X.iloc[:, :1].assign(seen=pd.date_range("2020", periods=len(X), tz=zone, unit="s"))
    rows = there_and_back(quick().fit(X, y)).sample(20)
    assert_series_equal(rows.dtypes, X.dtypes)
    assert rows["seen"].dt.tz is zone


def test_a_mask_in_a_series_is_saved(quick, cancer, there_and_back):
    X, y = cancer
    mask = pd.Series([True, False])
    rounded = X.iloc[:, :2].round()
    augmenter = quick(categorical_features=mask).fit(rounded, y)
    assert_frame_equal(there_and_back(augmenter).sample(20), augmenter.sample(20))


def test_a_model_of_a_list_of_pictures_is_saved(there_and_back):
    rng = np.random.default_rng(0)
    pictures = [PIL.Image.fromarray(pixels) for pixels in rng.integers(0, 255, (40, 8, 8), "uint8")]
    augmenter = GANAugmenter(max_steps=2, random_state=0, device="cpu").fit(pictures)
    expected = augmenter.sample(3)
    np.testing.assert_array_equal(there_and_back(augmenter).sample(3), expected)
