"""Images of every layout and dtype come back as they came."""

import numpy as np
import pandas as pd
import PIL.Image
import polars as pl
import pytest
import scipy.sparse as sp
import torch
from numpy.testing import assert_allclose, assert_array_equal

from gan_augment.backends.image.border import ImageBorder, is_image_batch

LAYOUTS = [
    ((6, 8, 8), "auto"),
    ((6, 28, 28), None),
    ((6, 1, 28, 28), "auto"),
    ((6, 3, 32, 32), 1),
    ((6, 32, 32, 3), "auto"),
    ((6, 37, 51, 3), -1),
    ((6, 4, 37, 51), "auto"),
    ((6, 37, 51, 2), 3),
    ((6, 3, 5, 4), 1),
]
DTYPES = ["uint8", "uint16", ">u2", "int32", "bool", "float16", "float32", "float64"]


def pictures(shape, dtype):
    values = np.random.default_rng(0).random(shape)
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return (values * 3 - 7).astype(dtype)
    return np.rint(values * (1 if dtype.kind == "b" else 200)).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "channel_axis"), LAYOUTS)
def test_round_trip(shape, channel_axis, dtype):
    X = pictures(shape, dtype)
    border = ImageBorder(channel_axis=channel_axis)
    images = border.learn(X)
    assert images.pixels.shape[0] == 6
    assert images.pixels.shape[1] <= 4
    values = images.scaled()
    assert (values.min(), values.max()) == pytest.approx((-1, 1), abs=1e-6)
    for known in (border, ImageBorder.from_state(border.get_state())):
        again = known.decode(values)
        assert (again.shape, again.dtype) == (X.shape, X.dtype)
        exact = X.dtype.kind != "f"
        assert_allclose(again.astype(float), X.astype(float), atol=0 if exact else 2e-3)


@pytest.mark.parametrize("dtype", DTYPES)
def test_originals_are_byte_identical_and_new_images_follow(dtype):
    X = pictures((6, 3, 5, 7), dtype)
    border = ImageBorder(channel_axis=1)
    values = border.learn(X).scaled()
    both = border.append(X, border.decode(values[:2]))
    assert both.dtype == X.dtype
    assert both[:6].tobytes() == X.tobytes()
    assert len(both) == 8


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_value_leaves_the_range_of_its_channel(dtype):
    X = pictures((6, 2, 5, 7), dtype)
    X[:, 1] = X[:, 1] // 2 if X.dtype.kind in "iu" else X[:, 1]
    border = ImageBorder(channel_axis=1)
    border.learn(X)
    wild = np.random.default_rng(0).normal(scale=9, size=(20, 2, 5, 7))
    decoded = border.decode(wild.astype(np.float32))
    for channel in range(2):
        assert decoded[:, channel].min() == X[:, channel].min()
        assert decoded[:, channel].max() == X[:, channel].max()


def test_integers_are_rounded_not_cut_off():
    X = np.arange(16, dtype=np.uint8).reshape(4, 2, 2)
    border = ImageBorder()
    border.learn(X)
    assert border.decode(np.full((1, 1, 2, 2), 2 * 7.9 / 15 - 1, np.float32)).max() == 8


@pytest.mark.parametrize("dtype", ["int64", ">u8"])
def test_the_largest_integers_do_not_overflow(dtype):
    limits = np.iinfo(dtype)
    X = np.array([[[limits.min, limits.max]]] * 2, dtype)
    border = ImageBorder()
    again = border.decode(border.learn(X).scaled())
    assert_array_equal(again[:, :, 0], limits.min)
    assert (limits.max - again[:, :, 1] < 5_000).all()


def test_float_images_of_whole_numbers_stay_whole():
    X = np.floor(pictures((6, 5, 5), "float64") * 10)
    border = ImageBorder()
    border.learn(X)
    decoded = border.decode(np.random.default_rng(0).uniform(-1, 1, (9, 1, 5, 5)))
    assert_array_equal(decoded, np.rint(decoded))


def test_a_constant_channel_stays_constant():
    X = np.stack([pictures((6, 5, 5), "float32"), np.full((6, 5, 5), 4, np.float32)], axis=1)
    border = ImageBorder()
    values = border.learn(X).scaled()
    assert_array_equal(values[:, 1], 0)
    assert_array_equal(border.decode(np.ones_like(values))[:, 1], 4)


@pytest.mark.parametrize("image_shape", [(5, 6), (1, 5, 6), (5, 6, 1)])
@pytest.mark.parametrize("kind", ["array", "pandas", "nullable", "mixed", "polars", "sparse"])
def test_flat_rows_of_any_container(kind, image_shape):
    rows = pictures((6, 30), "uint8")
    names = [f"p{i}" for i in range(30)]
    frame = pd.DataFrame(rows, columns=names)
    X = {
        "array": rows,
        "pandas": frame,
        "nullable": frame.astype("Int64"),
        "mixed": frame.astype({"p3": "float32"}),
        "polars": pl.DataFrame({name: rows[:, i] for i, name in enumerate(names)}),
        "sparse": sp.csr_array(rows),
    }[kind]
    border = ImageBorder(image_shape)
    images = border.learn(X)
    assert images.pixels[0].size == 30
    border = ImageBorder.from_state(border.get_state())
    again = border.decode(images.scaled())
    assert type(again) is type(X)
    if kind == "polars":
        assert again.equals(X)
    elif kind == "sparse":
        assert (again != X).nnz == 0
        assert border.append(X, again).shape == (12, 30)
    elif kind == "array":
        assert_array_equal(again, X)
    else:
        pd.testing.assert_frame_equal(again, X)
        pd.testing.assert_frame_equal(border.append(X, again).iloc[:6], X)


def test_lists_of_images():
    arrays = list(pictures((4, 5, 6), "uint8"))
    border = ImageBorder()
    again = border.decode(border.learn(arrays).scaled())
    assert_array_equal(again, arrays)
    assert len(border.append(arrays, again)) == 8
    assert border.append(arrays, again)[0] is arrays[0]
    nested = [image.tolist() for image in arrays]
    assert border.decode(border.learn(nested).scaled()) == nested


@pytest.mark.parametrize("kind", [torch.from_numpy, PIL.Image.fromarray])
def test_lists_of_what_is_an_array_to_numpy_become_lists_of_arrays(kind):
    X = pictures((4, 5, 6), "uint8")
    given = [kind(image) for image in X]
    border = ImageBorder()
    new = border.decode(border.learn(given).scaled())
    for images in (new, border.append(given, new)[:4], border.append(given, new)[4:]):
        assert {type(image) for image in images} == {np.ndarray}
        assert_array_equal(images, X)


def test_later_images_are_put_on_the_learned_scale():
    X = pictures((6, 5, 5), "uint8")
    border = ImageBorder()
    border.learn(X)
    assert border.open(X[:2] // 4).scaled().max() < 0
    with pytest.raises(ValueError, match=r"X has shape \(2, 5, 4\).*fitted on images.*5, 5"):
        border.open(X[:2, :, :4])


def test_images_of_another_scale_are_refused_or_warned_of():
    X = pictures((6, 5, 5), "uint8")
    border = ImageBorder()
    border.learn(X)
    for other in (X / 255, X.astype(np.uint16) * 257, X * 1e3):
        with pytest.raises(
            ValueError, match=r"X holds values .*goes with from 1 to 199.*one scale"
        ):
            border.open(other)
    assert border.open(X * 1.0).scaled().max() == pytest.approx(1, abs=1e-6)
    border.learn(X * 1.0)
    with pytest.warns(UserWarning, match=r"one scale.*Dark images are fine"):
        border.open(X / 255)
    with pytest.raises(ValueError, match="to one scale"):
        border.open(X / 255 > 0.5)


@pytest.mark.parametrize(
    ("X", "parameters", "message"),
    [
        (np.zeros((6, 24)), {}, r"\(6, 24\).*image_shape=\(height, width\)"),
        (np.zeros(6), {}, r"1 dimensions.*Reshape X"),
        (np.zeros((2, 2, 2, 2, 2)), {}, r"5 dimensions"),
        (np.zeros((6, 24)), {"image_shape": (5, 5)}, r"image_shape=\(5, 5\).*25 values"),
        (np.zeros((6, 24)), {"image_shape": 24}, r"image_shape=24 must be 2 or 3"),
        (np.zeros((6, 24)), {"image_shape": (-4, -6)}, r"must be 2 or 3 positive"),
        (np.zeros((6, 4, 6)), {"image_shape": (6, 4)}, r"does not fit X of shape \(6, 4, 6\)"),
        (np.zeros((6, 8, 8, 8)), {}, r"neither.*channel_axis=1"),
        (np.zeros((6, 3, 8, 3)), {}, r"both.*channel_axis=-1"),
        (np.zeros((6, 3, 8, 8)), {"channel_axis": None}, r"without channels"),
        (np.zeros((6, 8, 8)), {"channel_axis": 1}, r"channel_axis=1 is no channel axis"),
        (np.zeros((6, 3, 8, 8)), {"channel_axis": 0}, r"channel_axis=0 is no channel axis"),
        (np.zeros((6, 3, 8, 8)), {"channel_axis": "first"}, r"channel_axis='first' must be"),
        (np.zeros((1, 8, 8)), {}, r"1 sample.*minimum of 2"),
        (np.zeros((6, 0, 8)), {}, r"no pixels"),
        (np.full((6, 8, 8), np.nan), {}, r"X contains NaN.*fill"),
        (np.full((6, 8, 8), np.inf), {}, r"X contains infinity"),
        (np.tile([[-1e308], [1e308]], (6, 1, 1)), {}, r"too far apart"),
        ([np.zeros((4, 4)), np.zeros((5, 4))], {}, r"different shapes.*Resize"),
        (np.ma.masked_equal(np.eye(4)[None], 1), {}, r"X has masked pixels.*filled"),
        ([np.ma.masked_equal(np.eye(4), 1)] * 2, {}, r"X has masked pixels.*filled"),
    ],
)
def test_what_is_no_batch_of_images(X, parameters, message):
    with pytest.raises(ValueError, match=message):
        ImageBorder(**parameters).learn(X)


@pytest.mark.parametrize("X", [np.full((6, 8, 8), "a"), np.zeros((6, 8, 8), complex)])
def test_what_is_no_number(X):
    with pytest.raises(TypeError, match=r"dtype.*real numbers"):
        ImageBorder().learn(X)


def test_what_is_taken_for_images_unasked():
    assert is_image_batch(np.zeros((3, 4, 4)))
    assert is_image_batch([np.zeros((4, 4, 3))] * 3)
    for X in (np.zeros((3, 4)), pd.DataFrame([[1]]), [[1, 2]], [], "rows.parquet", iter([])):
        assert not is_image_batch(X)
