"""Batches of images opened beside those that were learned: other sizes, other dtypes, pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from gan_augment.backends.image.border import ImageBorder, Images


def borders_of(
    images: Mapping[str, Any], image_shape: Any, channel_axis: Any
) -> dict[str, ImageBorder]:
    """A border for each kind of images, of a layout that may be that of one kind only.

    `image_shape` is for flat rows and `channel_axis` for images with channels. Where there are
    none of these, all kinds are asked for them, and say that they do not fit.
    """
    n_axes = {name: len(_shape(batch)) for name, batch in images.items()}
    flat = {name for name, n in n_axes.items() if n == 2} or set(images)
    if image_shape is not None:
        n_axes |= dict.fromkeys(flat, 1 + np.size(image_shape))
    with_channels = {name for name, n in n_axes.items() if n == 4} or set(images)
    return {
        name: ImageBorder(
            image_shape if name in flat else None,
            channel_axis if name in with_channels else "auto",
            name=name,
            fewest=1,
        )
        for name in images
    }


def open_like(
    border: ImageBorder, X: Any, name: str, *, same_columns: bool = True
) -> tuple[ImageBorder, np.ndarray]:
    """A border for images of any height and width but the channels and range of another's.

    Columns of a frame are put in their learned order, but without `same_columns` stay as they are.

    Returns
    -------
    border : ImageBorder
        Gives images back in the container, layout and dtype of `X`.
    values : ndarray of shape (n, channels, height, width)
        The images on the learned scale.
    """
    learned = border.layout
    if same_columns:
        X = border.in_order(X, name)
    fresh = ImageBorder(
        learned.image_shape if learned.flat else None,
        None if learned.channel_axis is None else learned.channel_axis + 1,
        name=name,
        fewest=1,
    )
    shape = _shape(X)
    n_axes = 2 if learned.flat else 1 + len(learned.image_shape)
    if shape and len(shape) != n_axes:
        learned.check_same(shape, name)
    fresh.learn(X)
    if fresh.layout.n_channels != learned.n_channels:
        raise ValueError(
            f"{name} holds images of {fresh.layout.n_channels} channels, but those that it goes "
            f"with have {learned.n_channels}. Convert {name}, or fit on images of its channels."
        )
    given, fresh.range = fresh.range.dtype, border.range
    values = fresh.open(X).scaled().astype(np.float32, copy=False)
    fresh.range = replace(border.range, dtype=given, whole=given.kind != "f")
    return fresh, values


def beside(X: Any, made: Any) -> Any:
    """What was made of the rows of `X`, one of each, under their labels in the index."""
    if isinstance(X, pd.DataFrame) and isinstance(made, pd.DataFrame):
        made.index = X.index
    return made


def decode_unclipped(border: ImageBorder, values: np.ndarray) -> Any:
    """As `border.decode`, but floats may leave the range that was learned."""
    learned = border.range
    if learned.dtype.kind != "f":
        return border.decode(values)
    reach = max(1.0, float(np.abs(values).max(initial=0)))
    centre, half = (learned.high + learned.low) / 2, (learned.high - learned.low) / 2
    border.range = replace(learned, low=centre - reach * half, high=centre + reach * half)
    return border.decode(values / reach)


def resized(border: ImageBorder, size: tuple[int, ...]) -> ImageBorder:
    """The same border for images of another height and width."""
    sizes = iter(int(n) for n in size)
    axis = border.layout.channel_axis
    shape = tuple(n if i == axis else next(sizes) for i, n in enumerate(border.layout.image_shape))
    other = ImageBorder.from_state(border.get_state())
    other.layout = replace(border.layout, image_shape=shape)
    return other


def open_clean(
    X: Any, y: Any, image_shape: Any, channel_axis: Any
) -> tuple[dict[str, ImageBorder], dict[str, Images]]:
    """Borders and images by name: clean ones in `X`, or noisy ones in it and clean ones in `y`.

    All are on one scale, that of the clean images.
    """
    name = "X" if y is None else "y"
    border = ImageBorder(image_shape, channel_axis, name=name, fewest=1)
    clean = _learn_on_one_scale(border, X if y is None else y)
    if y is None:
        return {"X": border}, {"X": clean}
    own, values = open_like(border, X, "X", same_columns=False)
    own.range = border.range
    check_pairs(values, clean.pixels)
    n_channels = values.shape[1]
    noisy = Images(values, np.ones(n_channels), np.zeros(n_channels))
    return {"X": own, "y": border}, {"X": noisy, "y": clean}


def _learn_on_one_scale(border: ImageBorder, images: Any) -> Images:
    """Images on one scale for all channels, as noise knows no channels."""
    border.learn(images)
    n_channels = len(border.range.low)
    low, high = border.range.low.min(), border.range.high.max()
    if low == high:
        raise ValueError(
            f"{border.name} holds the same value {low:g} in every pixel. There is nothing to learn."
        )
    border.range = replace(
        border.range, low=np.full(n_channels, low), high=np.full(n_channels, high)
    )
    return border.open(images)


def is_labels(y: Any, X: Any) -> bool:
    """Whether `y` holds one class label per image rather than images."""
    shape = _shape(y)
    return len(shape) == 1 or (len(shape) == 2 and shape[1] == 1 and _shape(X)[1:] != (1,))


def check_pairs(inputs: np.ndarray, outputs: np.ndarray) -> None:
    """Refuse images, of shape (n, channels, height, width), that cannot be pairs."""
    if len(inputs) != len(outputs):
        raise ValueError(
            f"X has {len(inputs)} images and y has {len(outputs)}, but pairs need one of each, in "
            "the same order. Leave out those without a partner; to translate without pairs use "
            "ImageTranslator(paired=False)."
        )
    if inputs.shape[2:] != outputs.shape[2:]:
        raise ValueError(
            f"X holds images of height and width {inputs.shape[2:]} and y of {outputs.shape[2:]}. "
            "Resize them to the same."
        )


def _shape(images: Any) -> tuple[int, ...]:
    """Shape of a batch; empty where its images differ."""
    try:
        return tuple(images.shape if hasattr(images, "shape") else np.shape(images))
    except ValueError:
        return ()
