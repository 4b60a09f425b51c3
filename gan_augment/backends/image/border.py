"""What comes in goes out: batches of images, in any layout, to one form and back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from gan_augment.backends.image.layout import ImageLayout, PixelRange, check_numeric
from gan_augment.columns import FloatArray, IntArray
from gan_augment.containers import CONTAINERS, is_polars, open_container
from gan_augment.plain import from_record, to_record


@dataclass(frozen=True)
class Images:
    """Images as the models see them.

    Attributes
    ----------
    pixels : ndarray of shape (n_images, n_channels, height, width)
        As they came where they are uint8, which saves memory; else float32 in ``[-1, 1]``.
    factor, offset : ndarray of shape (n_channels,)
        Take pixels to ``[-1, 1]``.
    """

    pixels: np.ndarray
    factor: FloatArray
    offset: FloatArray

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, rows: IntArray) -> Images:
        """The named images."""
        return Images(self.pixels[rows], self.factor, self.offset)

    def scaled(self) -> np.ndarray:
        """All of them as float32 in ``[-1, 1]``."""
        factor, offset = (v.astype(np.float32)[:, None, None] for v in (self.factor, self.offset))
        return self.pixels * factor + offset

    def digest(self) -> str:
        """What differs for other images."""
        about = (self.pixels.shape, self.pixels.dtype.str, *self.factor, *self.offset)
        digest = hashlib.sha256(repr(about).encode())
        digest.update(np.ascontiguousarray(self.pixels).data)
        return digest.hexdigest()


@dataclass(frozen=True)
class ImageArray:
    """A batch of images in an array or a list; whatever else NumPy reads becomes an array."""

    kind: str

    def restore(self, images: np.ndarray) -> Any:
        """These images in the container that was learned."""
        if self.kind == "list of arrays":
            return list(images)
        return images.tolist() if self.kind == "nested list" else images

    def append(self, original: Any, new: Any) -> Any:
        """Images of `original`, untouched, and those of `new` after them."""
        if self.kind == "list of arrays":
            return [*map(np.asarray, original), *new]
        if self.kind == "nested list":
            return [*original, *new]
        original = np.asarray(original)
        # Not concatenate, which would turn another byte order into the machine's own.
        both = np.empty((len(original) + len(new), *original.shape[1:]), original.dtype)
        both[: len(original)], both[len(original) :] = original, new
        return both


@dataclass(frozen=True)
class PixelRows:
    """Flattened images in the rows of a frame or sparse matrix.

    Attributes
    ----------
    container : dict
        Record of the container, as of `gan_augment.containers`.
    dtypes : list
        Of the columns; empty where the container knows them.
    """

    container: dict[str, Any]
    dtypes: list[Any]

    @property
    def names(self) -> list[Any] | None:
        """Names of the columns, where they have any."""
        opened = from_record(self.container, CONTAINERS)
        names = getattr(opened, "columns", getattr(opened, "schema", None))
        return None if names is None else list(names)

    def restore(self, images: np.ndarray) -> Any:
        """These rows in the container that was learned."""
        frame = pd.DataFrame(images)
        if self.dtypes:
            frame = frame.astype(dict(enumerate(self.dtypes)))
        opened = from_record(self.container, CONTAINERS)
        if hasattr(opened, "schema"):
            frame.columns = list(opened.schema)
        return opened.restore(frame)

    def append(self, original: Any, new: Any) -> Any:
        """Rows of `original`, untouched, and those of `new` after them."""
        return from_record(self.container, CONTAINERS).append(original, new)


class ImageBorder:
    """Turns batches of images into `Images` and values in ``[-1, 1]`` into the same kind of batch.

    Rank, layout, dtype, value range and container come back as they came.

    Parameters
    ----------
    image_shape : sequence of int, default=None
        Shape of one image; needed where they are flat rows.
    channel_axis : int, None or "auto", default="auto"
        See `ImageLayout.of`.
    name : str, default="X"
        What the images are called in errors.
    fewest : int, default=2
        How many images there must be.
    """

    def __init__(
        self,
        image_shape: Any = None,
        channel_axis: Any = "auto",
        *,
        name: str = "X",
        fewest: int = 2,
    ):
        self.image_shape, self.channel_axis = image_shape, channel_axis
        self.name, self.fewest = name, fewest

    def learn(self, X: Any) -> Images:
        """Describe `X` and return its images."""
        images, self._container = _open(X, self.name)
        self.layout = ImageLayout.of(
            images.shape,
            image_shape=self.image_shape,
            channel_axis=self.channel_axis,
            name=self.name,
        )
        if len(images) < self.fewest:
            raise ValueError(
                f"Found array with {len(images)} sample(s) (shape={images.shape}) while a minimum "
                f"of {self.fewest} is required. Pass more images as {self.name}."
            )
        planes = self.layout.to_planes(images)
        self.range = PixelRange.of(planes, self.name)
        return self._images(planes)

    def open(self, X: Any, *, any_scale: bool = False) -> Images:
        """Other images of the shape that was learned, on the scale that was learned.

        Those that are clearly on another are refused, unless `any_scale`.
        """
        images, _ = _open(self.in_order(X, self.name), self.name)
        self.layout.check_same(images.shape, self.name)
        check_numeric(images, self.name)
        planes = self.layout.to_planes(images)
        if not any_scale:
            self.range.check_scale(planes, self.name)
        return self._images(planes)

    @property
    def column_names(self) -> list[Any] | None:
        """Names of the columns of flat rows, where they have any."""
        return getattr(self._container, "names", None)

    def in_order(self, X: Any, name: str = "X") -> Any:
        """`X` with its columns, if it is a frame, in the order of those that were learned."""
        known = self.column_names
        if known is None or not _is_frame(X) or list(X.columns) == known:
            return X
        if set(X.columns) == set(known):
            return X[known]
        if not all(isinstance(column, str) for column in (*known, *X.columns)):
            return X  # numbers are places, not names, as in scikit-learn
        different = sorted(set(known) ^ set(X.columns))
        raise ValueError(
            f"{name} has other columns than those that were learned: {different!r:.200} differ. "
            f"Pass {name} with the same columns, in any order."
        )

    def decode(self, values: np.ndarray) -> Any:
        """Images for values in ``[-1, 1]`` of shape ``(n, channels, height, width)``."""
        return self._container.restore(self.layout.from_planes(self.range.unscale(values)))

    def append(self, X: Any, new: Any) -> Any:
        """Images of `X`, untouched, and those of `new` after them."""
        return self._container.append(X, new)

    def get_state(self) -> dict[str, Any]:
        """What was learned, for `from_state`."""
        return {
            "name": self.name,
            "fewest": self.fewest,
            "container": to_record(self._container),
            "layout": to_record(self.layout),
            "range": to_record(self.range),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> ImageBorder:
        """The border that had this state."""
        layout: ImageLayout = from_record(state["layout"], (ImageLayout,))
        axis = None if layout.channel_axis is None else layout.channel_axis + 1
        border = cls(layout.image_shape, axis, name=state["name"], fewest=state["fewest"])
        border.layout = layout
        border.range = from_record(state["range"], (PixelRange,))
        border._container = from_record(state["container"], (ImageArray, PixelRows))
        return border

    def _images(self, planes: np.ndarray) -> Images:
        if planes.dtype == np.uint8:
            return Images(planes, *self.range.affine())
        n_channels = self.layout.n_channels
        return Images(self.range.scale(planes), np.ones(n_channels), np.zeros(n_channels))


def is_image_batch(X: Any) -> bool:
    """Whether `X` has more dimensions than a table; images have three or four."""
    shape = getattr(X, "shape", None)
    if shape is not None:
        return len(shape) > 2
    if not isinstance(X, (list, tuple)) or not len(X) or isinstance(X[0], pd.DataFrame):
        return False
    try:
        return np.ndim(X[0]) > 1
    except ValueError:  # ragged
        return False


def _is_array(X: Any) -> bool:
    """Whether `X` is an array to NumPy, as tensors and pictures of Pillow are."""
    return hasattr(X, "__array__") or hasattr(X, "__array_interface__")


def _is_frame(X: Any) -> bool:
    return isinstance(X, pd.DataFrame) or is_polars(X, "DataFrame")


def _open(X: Any, name: str) -> tuple[np.ndarray, ImageArray | PixelRows]:
    if _is_frame(X) or sp.issparse(X):
        return _open_rows(X, name)
    parts = X if isinstance(X, (list, tuple)) else [X]
    if any(map(np.ma.is_masked, parts)):
        raise ValueError(
            f"{name} has masked pixels, and images must be whole: fill them in, for example with "
            f"{name}.filled(0), or drop those images."
        )
    of_arrays = len(parts) > 0 and _is_array(parts[0])
    try:
        images = np.asarray([*map(np.asarray, X)] if parts is X and of_arrays else X)
    except ValueError as error:
        raise ValueError(
            f"{name} holds images of different shapes. Resize or pad them to one height and width."
        ) from error
    if images.dtype == object:
        images = _as_numbers(images)
    if not isinstance(X, (list, tuple)):
        return images, ImageArray("array")
    return images, ImageArray("list of arrays" if of_arrays else "nested list")


def _open_rows(X: Any, name: str) -> tuple[np.ndarray, PixelRows]:
    frame, container = open_container(X)
    for label, dtype in frame.dtypes.items():
        if not pd.api.types.is_numeric_dtype(dtype):
            raise TypeError(
                f"{name} column {label!r} has dtype {dtype}, but the rows are images, whose pixels "
                "are numbers. Drop that column."
            )
    dtypes = list(frame.dtypes) if isinstance(X, pd.DataFrame) else []
    common = np.result_type(*(getattr(dtype, "numpy_dtype", dtype) for dtype in frame.dtypes))
    if frame.isna().to_numpy().any():
        values = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        values = frame.to_numpy(dtype=common)
    return values, PixelRows(to_record(container), dtypes)


def _as_numbers(images: np.ndarray) -> np.ndarray:
    try:
        return images.astype(np.float64)
    except (TypeError, ValueError):
        return images
