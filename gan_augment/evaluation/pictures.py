"""Whether synthetic images can be trusted: contact sheets, and metrics that need no download."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gan_augment.backends.image.border import ImageBorder, Images
from gan_augment.backends.image.validation import RandomFeatures
from gan_augment.columns import IntArray
from gan_augment.containers import open_target
from gan_augment.evaluation.comparison import Sample, coded
from gan_augment.evaluation.coverage import precision_recall_density_coverage
from gan_augment.evaluation.distances import frechet_distance, kernel_distance, nearest_ratio
from gan_augment.evaluation.mosaic import draw_strips, in_true_colours
from gan_augment.evaluation.plots import text
from gan_augment.figures import new_figure
from gan_augment.training.devices import threads_of_this_process

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gan_augment.model import FittedModel

_CELL_INCHES = 0.45


@threads_of_this_process()
def image_scores(
    X_real: Any,
    X_synthetic: Any,
    y_real: Any = None,
    y_synthetic: Any = None,
    *,
    judge: Any = None,
    image_shape: Any = None,
    channel_axis: Any = "auto",
) -> pd.DataFrame:
    """Distances, precision, recall and copies of synthetic images, class by class.

    Parameters
    ----------
    X_real, X_synthetic : array-like
        Images; real ones that a generator was not trained on, but for "copies".
    y_real, y_synthetic : array-like, default=None
        Their labels, for both or for none: all images are one class then.
    judge : object with ``features(X)``, default=None
        Gives features, such as a `ConvClassifier` fitted on real training images. None takes those
        of an untrained network, which are always the same. Never compare figures of different
        judges, nor any of them with published Inception distances.
    image_shape, channel_axis
        As in `GANAugmenter` and `ImageGAN`.

    Returns
    -------
    DataFrame
        One row per class and columns "frechet", "kernel", "precision", "recall", "density",
        "coverage", these four of as many images of both kinds, since more of one would find more
        or hide more; and "nearest": the median distance of a synthetic image to the nearest real
        one, over that of a real image to the nearest other; copies bring it towards 0.

    Raises
    ------
    ValueError
        If images or labels do not fit each other, or a class has fewer than 2 of a kind.
    """
    border = ImageBorder(image_shape, channel_axis, name="X_real")
    images = border.learn(X_real)
    border.name = "X_synthetic"
    others = border.open(X_synthetic)
    codes, classes = _codes(images, others, y_real, y_synthetic)
    if judge is None:
        network = RandomFeatures(images.pixels.shape[1], images.pixels.shape[2:])
        real, synthetic = network.of(images.scaled()), network.of(others.scaled())
    else:
        real, synthetic = judge.features(X_real), judge.features(X_synthetic)
    # One scale for all: single features may not vary at all among real images.
    scale = np.sqrt(real.var(axis=0).mean()) or 1.0
    real, synthetic = real / scale, synthetic / scale
    records = {}
    rng = np.random.default_rng(0)
    for code in np.unique(codes[1]):
        label = classes[code]
        first, second = real[codes[0] == code], synthetic[codes[1] == code]
        if min(len(first), len(second)) < 2:
            raise ValueError(
                f"Class {label!r} has {len(first)} real images and {len(second)} synthetic ones; "
                "at least 2 of each are needed. Pass more, or leave that class out."
            )
        n = min(len(first), len(second))
        as_many = [rng.permutation(points)[:n] for points in (first, second)]
        records[label] = {
            "frechet": frechet_distance(first, second),
            "kernel": kernel_distance(first, second),
            **precision_recall_density_coverage(*as_many),
            "nearest": nearest_ratio(first, second),
        }
    return pd.DataFrame.from_dict(records, orient="index").rename_axis("class")


def contact_sheet(
    X_real: Any,
    X_synthetic: Any,
    y_real: Any = None,
    y_synthetic: Any = None,
    *,
    n_columns: int = 12,
    image_shape: Any = None,
    channel_axis: Any = "auto",
) -> Figure:
    """Real images above synthetic ones, a pair of rows for every class.

    Parameters
    ----------
    X_real, X_synthetic : array-like
        Images of the same shape; of each class the first are drawn.
    y_real, y_synthetic : array-like, default=None
        Their labels, for both or for none: there is one pair of rows then.
    n_columns : int, default=12
        Images per row.
    image_shape, channel_axis
        As in `GANAugmenter` and `ImageGAN`.

    Returns
    -------
    matplotlib.figure.Figure
        With ``savefig(path)``.

    Raises
    ------
    ValueError
        If images or labels do not fit each other.
    ImportError
        If matplotlib is not installed.
    """
    border = ImageBorder(image_shape, channel_axis, name="X_real", fewest=1)
    real = border.learn(X_real)
    border.name = "X_synthetic"
    synthetic = border.open(X_synthetic)
    codes, classes = _codes(real, synthetic, y_real, y_synthetic)
    strips = [
        (name, images.scaled(), classes[of_images])
        for name, images, of_images in zip(
            ("real", "synthetic"), (real, synthetic), codes, strict=True
        )
    ]
    return _draw_sheet(strips, border, n_columns, named=y_real is not None)


def contact_sheet_of(augmenter: Any, model: FittedModel, X: Any, y: Any, n_columns: int) -> Figure:
    """The sheet of a fitted augmenter; see `GANAugmenter.sample_grid`."""
    border = model.border
    if not isinstance(border, ImageBorder):
        raise TypeError(
            "sample_grid draws images, but this augmenter was fitted on a table. Use report(...)."
        )
    labels = np.zeros(n_columns, int)
    if model.target is not None:
        labels = np.repeat(augmenter.classes_[model.trained], n_columns)
    drawn = augmenter.sample(y=labels) if model.target is not None else augmenter.sample(n_columns)
    strips = [("synthetic", border.open(drawn, any_scale=True).scaled(), labels)]
    if X is not None:
        real = border.open(X).scaled()
        known = np.zeros(len(real), int)
        if model.target is not None:
            known = _labels([] if y is None else y)
        if len(known) != len(real):
            raise ValueError(
                f"X has {len(real)} images, and y gives {len(known)} labels. Pass one per image."
            )
        strips.insert(0, ("real", real, known))
    return _draw_sheet(strips, border, n_columns, named=model.target is not None)


def _codes(
    real: Images, synthetic: Images, y_real: Any, y_synthetic: Any
) -> tuple[list[IntArray], np.ndarray]:
    """Class codes of real and synthetic images, and the classes; without labels one class, 0."""
    samples, classes = coded(
        {"real": Sample(real), "synthetic": Sample(synthetic)},
        {"y_real": y_real, "y_synthetic": y_synthetic},
        "image",
    )
    if not len(classes):
        return [np.zeros(len(sample), np.int64) for sample in samples.values()], np.zeros(1, int)
    return [sample.y for sample in samples.values() if sample.y is not None], classes


def _labels(y: Any) -> np.ndarray:
    return np.asarray(open_target(y)[0])


def _draw_sheet(
    strips: list[tuple[str, np.ndarray, np.ndarray]],
    border: ImageBorder,
    n_columns: int,
    *,
    named: bool,
) -> Figure:
    classes = np.unique(np.concatenate([labels for _, _, labels in strips]))
    height, width = strips[0][1].shape[2:]
    strip_height = _CELL_INCHES * height / width
    figure = new_figure(
        _CELL_INCHES * n_columns + 0.6, (len(strips) * strip_height + 0.3) * len(classes) + 0.1
    )
    panels = figure.subplots(len(classes), 1, squeeze=False).ravel()
    for label, axes in zip(classes, panels, strict=True):
        rows = [
            (name, in_true_colours(images[labels == label][:n_columns], border.range))
            for name, images, labels in strips
        ]
        draw_strips(axes, rows, n_columns)
        if named:
            axes.set_title(text(label), loc="left", fontsize=8, pad=2)
    return figure
