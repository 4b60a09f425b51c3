"""What images look like in memory: their axes and their values, to one form and back.

Inside, images are ``(n, channels, height, width)``, and values lie in ``[-1, 1]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from gan_augment.notices import warn_user

_WIDE = 50.0  # times the range learned
_FAINT = 0.02
_MOST_LOOKED_AT = 100_000
_MOST_CHANNELS = 4  # what an axis may have to be taken for channels unasked


@dataclass(frozen=True)
class ImageLayout:
    """How one image is laid out.

    Attributes
    ----------
    image_shape : tuple of int
        Its shape, such as ``(28, 28)``, ``(3, 32, 32)`` or ``(32, 32, 3)``.
    channel_axis : int or None
        Which axis of the image, not of the batch, holds the channels; None where there is none.
    flat : bool
        Whether every image is one row of numbers.
    """

    image_shape: tuple[int, ...]
    channel_axis: int | None
    flat: bool = False

    @classmethod
    def of(
        cls,
        shape: tuple[int, ...],
        *,
        image_shape: Any = None,
        channel_axis: Any = "auto",
        name: str = "X",
    ) -> ImageLayout:
        """Layout of a batch of this shape.

        Parameters
        ----------
        shape : tuple of int
            Shape of the batch: ``(n, height, width)``, ``(n, channels, height, width)``,
            ``(n, height, width, channels)``, or ``(n, pixels)`` with `image_shape`.
        image_shape : sequence of int, default=None
            Shape of one image, needed where they are rows.
        channel_axis : int, None or "auto", default="auto"
            The axis of the batch, rows unfolded, that holds the channels, as scikit-image has it:
            1 or -1 as a rule. "auto" takes the one of the two that has 1 to 4 entries.
        name : str, default="X"
            What the batch is called in errors.

        Raises
        ------
        ValueError
            If the shapes do not fit each other, or the channels are not clear.
        """
        flat = len(shape) == 2
        if image_shape is not None:
            image_shape = _checked_image_shape(image_shape)
            n_pixels = int(np.prod(image_shape))
            if not (flat and shape[1] == n_pixels) and tuple(shape[1:]) != image_shape:
                raise ValueError(
                    f"image_shape={image_shape!r} does not fit {name} of shape {tuple(shape)}: "
                    f"such images have {n_pixels} values each. Give the shape of one image, "
                    "height by width, with channels first or last."
                )
        elif flat:
            raise ValueError(
                f"{name} has shape {tuple(shape)}: for rows of pixels the shape of one image is "
                "needed too. Set image_shape=(height, width) or (height, width, channels), or "
                f"pass {name} as images of 3 or 4 dimensions."
            )
        elif len(shape) not in (3, 4):
            raise ValueError(
                f"{name} has {len(shape)} dimensions, and images have 3 or 4: (n, height, width), "
                "(n, channels, height, width) or (n, height, width, channels). Flat rows need "
                f"image_shape. Reshape {name}."
            )
        else:
            image_shape = tuple(int(size) for size in shape[1:])
        if 0 in image_shape:
            raise ValueError(f"{name} holds images of shape {image_shape}, which have no pixels.")
        return cls(image_shape, _find_channels(image_shape, channel_axis, name), flat)

    @property
    def n_channels(self) -> int:
        """How many channels there are; 1 for grey images without an axis of their own."""
        return 1 if self.channel_axis is None else self.image_shape[self.channel_axis]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = (s for i, s in enumerate(self.image_shape) if i != self.channel_axis)
        return height, width

    def to_planes(self, images: np.ndarray) -> np.ndarray:
        """A batch of this layout as ``(n, channels, height, width)``."""
        images = images.reshape(len(images), *self.image_shape)
        if self.channel_axis is None:
            return images[:, None]
        return np.ascontiguousarray(np.moveaxis(images, self.channel_axis + 1, 1))

    def from_planes(self, planes: np.ndarray) -> np.ndarray:
        """A batch of ``(n, channels, height, width)`` in this layout."""
        if self.channel_axis is None:
            images = planes[:, 0]
        else:
            images = np.moveaxis(planes, 1, self.channel_axis + 1)
        if self.flat:
            return images.reshape(len(planes), -1)
        return np.ascontiguousarray(images)

    def check_same(self, shape: tuple[int, ...], name: str = "X") -> None:
        """Refuse a batch of images of another shape."""
        expected = (int(np.prod(self.image_shape)),) if self.flat else self.image_shape
        if tuple(shape[1:]) != expected:
            raise ValueError(
                f"{name} has shape {tuple(shape)}, but this was fitted on images of shape "
                f"(n, {', '.join(map(str, expected))}). Resize or reshape {name}."
            )


@dataclass(frozen=True)
class PixelRange:
    """The values that pixels take, learned once: a batch says little about its range.

    Attributes
    ----------
    low, high : ndarray of shape (n_channels,)
        Smallest and largest value of every channel.
    dtype : numpy.dtype
        Of the images.
    whole : bool
        Whether all values are whole numbers, as those of a float image can be too.
    """

    low: np.ndarray
    high: np.ndarray
    dtype: np.dtype
    whole: bool

    @classmethod
    def of(cls, planes: np.ndarray, name: str = "X") -> PixelRange:
        """Range of images of shape ``(n, channels, height, width)``.

        Raises
        ------
        TypeError
            If they hold no real numbers.
        ValueError
            If a value is missing or infinite.
        """
        check_numeric(planes, name)
        low = planes.min(axis=(0, 2, 3)).astype(np.float64)
        high = planes.max(axis=(0, 2, 3)).astype(np.float64)
        with np.errstate(over="ignore"):
            if not np.isfinite(high - low).all():
                raise ValueError(
                    f"{name} holds values from {low.min():.3g} to {high.max():.3g}, too far apart "
                    "for their difference. Scale them down."
                )
        whole = planes.dtype.kind != "f" or bool((planes == np.rint(planes)).all())
        return cls(low, high, planes.dtype, whole)

    def scale(self, planes: np.ndarray) -> np.ndarray:
        """Values as float32 in ``[-1, 1]``; those of a constant channel are 0."""
        factor, offset = self.affine()
        wide = planes.astype(np.float32 if planes.dtype.itemsize <= 2 else np.float64)
        scaled = wide * factor[:, None, None] + offset[:, None, None]
        return scaled.astype(np.float32, copy=False)

    def check_scale(self, planes: np.ndarray, name: str) -> None:
        """Refuse images that are clearly on another scale than those learned, or warn of them.

        Parameters
        ----------
        planes : ndarray of shape (n, channels, height, width)
            The images.
        name : str
            What they are called.

        Raises
        ------
        ValueError
            If nearly all pixels lie far from ``[-1, 1]`` on the learned scale, unless they are
            integers of the learned dtype.
        """
        if self.dtype == planes.dtype and planes.dtype.kind != "f":
            return
        places = np.arange(0, planes.size, max(1, planes.size // _MOST_LOOKED_AT))
        channels = np.unravel_index(places, planes.shape)[1]
        varies = (self.high > self.low)[channels]
        if not varies.any():
            return
        factor, offset = (v[channels] for v in self.affine())
        some = planes.ravel()[places] * factor + offset
        dark, bright = np.quantile(some[varies], [0.001, 0.999])
        faint = dark < bright < 2 * _FAINT - 1
        what = (
            f"{name} holds values from {planes.min():g} to {planes.max():g}, and what it goes with "
            f"from {self.low.min():g} to {self.high.max():g}."
        )
        remedy = "Bring both to one scale, such as 0 to 1 or 0 to 255."
        of_other_kind = (self.dtype.kind == "f") != (planes.dtype.kind == "f")
        if bright - dark > 2 * _WIDE or (faint and of_other_kind):
            raise ValueError(f"{what} {remedy}")
        if faint and planes.dtype.kind == "f":
            # Between floats it may be meant: exposures differ.
            warn_user(f"{what} {remedy} Dark images are fine.")

    def unscale(self, values: np.ndarray) -> np.ndarray:
        """Pixels of the learned dtype and range for values in ``[-1, 1]``."""
        kind = np.float32 if self.dtype.itemsize <= 2 else np.float64
        low: Any = self.low.astype(kind)[:, None, None]
        high: Any = self.high.astype(kind)[:, None, None]
        pixels = low + (values.astype(kind) + 1) * ((high - low) / 2)
        pixels = np.clip(pixels, low, high)
        if self.whole:
            pixels = np.rint(pixels)
        if self.dtype.kind in "iu" and self.dtype.itemsize == 8:
            # As a float the largest integer is one too many.
            pixels = np.minimum(pixels, np.nextafter(float(np.iinfo(self.dtype).max), 0))
        return pixels.astype(self.dtype)

    def affine(self) -> tuple[np.ndarray, np.ndarray]:
        """Factor and offset of each channel that take pixels to ``[-1, 1]``."""
        span = self.high - self.low
        factor = np.divide(2.0, span, out=np.zeros_like(span), where=span > 0)
        offset = np.where(span > 0, -1.0 - self.low * factor, 0.0)
        return factor, offset


def check_numeric(images: np.ndarray, name: str = "X") -> None:
    """Refuse arrays that hold anything but finite real numbers."""
    if images.dtype.kind not in "biuf":
        raise TypeError(
            f"{name} has dtype {images.dtype}, and images are real numbers: uint8, uint16, another "
            f"integer, bool or float. Convert {name}, for example with astype('uint8')."
        )
    if images.dtype.kind == "f" and not np.isfinite(images).all():
        kind = "NaN" if np.isnan(images).any() else "infinity"
        raise ValueError(
            f"Input {name} contains {kind}. Images must be finite: fill in those pixels, or drop "
            "those images."
        )


def _checked_image_shape(image_shape: Any) -> tuple[int, ...]:
    sizes = image_shape if isinstance(image_shape, (Sequence, np.ndarray)) else ()
    whole = all(isinstance(size, Integral) for size in sizes)
    if len(sizes) not in (2, 3) or not whole or min(map(int, sizes)) < 1:
        raise ValueError(
            f"image_shape={image_shape!r} must be 2 or 3 positive integers: (height, width), or "
            "with channels first or last, such as (32, 32, 3)."
        )
    return tuple(int(size) for size in sizes)


def _find_channels(image_shape: tuple[int, ...], channel_axis: Any, name: str) -> int | None:
    automatic = isinstance(channel_axis, str) and channel_axis == "auto"
    if not automatic and channel_axis is not None:
        n_axes = len(image_shape) + 1
        if isinstance(channel_axis, bool) or not isinstance(channel_axis, Integral):
            raise ValueError(
                f"channel_axis={channel_axis!r} must be 'auto', None, or the axis of {name} that "
                "holds the channels, such as 1 or -1."
            )
        given = int(channel_axis)
        axis = given % n_axes if -n_axes <= given < n_axes else 0
        if axis == 0 or len(image_shape) == 2:
            raise ValueError(
                f"channel_axis={channel_axis!r} is no channel axis of images of shape "
                f"{image_shape}. Use channel_axis=None where there is none, 1 for channels first "
                "and -1 for channels last."
            )
        return axis - 1
    if len(image_shape) == 2:
        return None
    if automatic:
        candidates = [axis for axis in (0, 2) if image_shape[axis] <= _MOST_CHANNELS]
        if len(candidates) == 1:
            return candidates[0]
        reason = "both" if candidates else "neither"
        raise ValueError(
            f"{name} holds images of shape {image_shape}, where {reason} of the first and the last "
            "axis could be 1 to 4 channels. Set channel_axis=1 for channels first, or -1 for "
            "channels last, as in ImageGAN(channel_axis=-1)."
        )
    raise ValueError(
        f"channel_axis=None is for images without channels, but those of {name} have shape "
        f"{image_shape}. Set channel_axis=1 for channels first, or -1 for channels last."
    )
