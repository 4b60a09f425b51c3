"""The quality report: whether synthetic rows and images can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from numbers import Integral
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples
from tqdm.auto import tqdm

from gan_augment.backends.base import DiagnosableBackend
from gan_augment.backends.image.border import ImageBorder, is_image_batch
from gan_augment.evaluation import plots
from gan_augment.evaluation.aspects import (
    condition,
    coverage,
    fidelity,
    image_coverage,
    image_fidelity,
    image_privacy,
    privacy,
    utility,
)
from gan_augment.evaluation.aspects.base import Aspect, Picture, Setting
from gan_augment.evaluation.comparison import Comparison, Sample
from gan_augment.evaluation.images import ImageComparison, open_images
from gan_augment.evaluation.quality import QualityReport
from gan_augment.evaluation.rows import TableComparison, open_comparison
from gan_augment.frames import Target, listed
from gan_augment.model import FittedModel
from gan_augment.sampling import apportion, check_positive, draw_seed
from gan_augment.training.devices import threads_of_this_process
from gan_augment.wording import joined_by_and, numbered

_ASPECTS: Mapping[type, tuple[ModuleType, ...]] = {
    TableComparison: (fidelity, utility, condition, coverage, privacy),
    ImageComparison: (image_fidelity, utility, condition, image_coverage, image_privacy),
}
_FRESH_SHARE = 0.3
_FEWEST = 30


@threads_of_this_process()
def quality_report(
    real: Any,
    synthetic: Any,
    *,
    y_real: Any = None,
    y_synthetic: Any = None,
    holdout: Any = None,
    y_holdout: Any = None,
    categorical_features: Any = "from_dtype",
    image_shape: Any = None,
    channel_axis: Any = "auto",
    history: Sequence[Mapping[str, Any]] | None = None,
    best_step: int | None = None,
    max_rows: int = 20_000,
    random_state: Any = 0,
    verbose: int = 1,
) -> QualityReport:
    """Can these synthetic rows or images be trusted? Figures, verdicts in words, and pictures.

    Five aspects: fidelity (columns, pairs, a detector), utility (train on synthetic, test on real),
    condition (are rows of the class asked for), coverage (precision, recall, density, coverage,
    rare levels) and privacy signals (exact copies, distances, a membership attack). Wherever it can
    be, the figure of fresh real rows stands beside that of the synthetic ones, since those too are
    off by chance.

    Of images, fidelity is a contact sheet, Fréchet and kernel distances class by class [1]_ [2]_,
    and a detector; features, for coverage too, are those of a small convolutional network that is
    trained on the real images, which also judges condition and utility. Beside the signals of
    privacy stand synthetic images with the real ones nearest to them.

    Parameters
    ----------
    real : array-like or DataFrame of shape (n_real, n_features), or images
        The rows that the generator learned from. Arrays of 3 or 4 dimensions are images:
        (n_real, height, width), (n_real, channels, height, width) or
        (n_real, height, width, channels); so are rows of pixels with `image_shape`.
    synthetic : array-like or DataFrame of shape (n_synthetic, n_features), or images
        The rows that it gave, with the same columns in any order; or images of the same shape and
        range of values.
    y_real, y_synthetic : array-like of shape (n_rows,), default=None
        Their class labels. Without them utility and condition are not measured.
    holdout : array-like or DataFrame of shape (n_holdout, n_features), or images, default=None
        Real rows that the generator has not seen: what classifiers are tested on, and what
        synthetic rows are compared with. Without it 30% of `real` take this part, which the
        generator has seen: utility is then optimistic, and of privacy only copies are counted.
    y_holdout : array-like of shape (n_holdout,), default=None
        Their class labels.
    categorical_features : "from_dtype", array-like or None, default="from_dtype"
        Columns that are levels although their dtype is numeric, by name, index or boolean mask;
        not used for images.
    image_shape : sequence of int, default=None
        Shape of one image, where the rows are flattened images.
    channel_axis : int, None or "auto", default="auto"
        Axis of the images that holds the channels, as in `ImageGAN`.
    history : list of dict, default=None
        The ``history_`` of an augmenter, for the picture of its training.
    best_step : int, default=None
        The step that training kept, to be marked in that picture.
    max_rows : int, default=20_000
        At most so many rows of each table, drawn at random, for pairs, detection, utility and
        condition; at most 5,000 of them for coverage. Of more than 2,000 pairs of columns, 2,000
        are drawn. Columns and copies take all rows; distances and the attack measure up to 10,000
        rows of each kind against all the others. Images with sides above 32 pixels are averaged
        down to it for all but the search for copies.
    random_state : int, RandomState instance or None, default=0
        Of all that is drawn: an int gives the same report for the same call.
    verbose : int, default=1
        1 shows a progress bar.

    Returns
    -------
    QualityReport
        With ``scores``, ``verdicts``, ``summary()``, ``to_frame()``, ``plot()`` and
        ``to_html(path)``.

    Raises
    ------
    ValueError
        If the tables or images do not belong together, are too few, or have nothing to compare;
        before any work.
    TypeError
        If images are no real numbers.
    ImportError
        If sdmetrics, which tables need, is not installed.

    Notes
    -----
    Verdicts are rules of thumb. "good": as fresh real rows are, allowing for chance and a little
    more; "poor": far from it; "check": between. No figure here is a guarantee of privacy. Images
    are searched for copies pixel by pixel: those that are moved or mirrored are not found.

    References
    ----------
    .. [1] Heusel et al. (2017), "GANs trained by a two time-scale update rule converge to a local
       Nash equilibrium", NeurIPS.
    .. [2] Bińkowski et al. (2018), "Demystifying MMD GANs", ICLR.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from gan_augment.evaluation import quality_report
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> report = quality_report(X[::3], X[1::3], y_real=y[::3], y_synthetic=y[1::3],
    ...                         holdout=X[2::3], y_holdout=y[2::3], verbose=0)
    >>> report.verdicts["privacy"]
    'good'
    """
    return _report(
        _opened(
            real,
            synthetic,
            holdout,
            categorical_features=categorical_features,
            image_shape=image_shape,
            channel_axis=channel_axis,
            y_real=y_real,
            y_synthetic=y_synthetic,
            y_holdout=y_holdout,
        ),
        history=history,
        best_step=best_step,
        max_rows=max_rows,
        random_state=random_state,
        verbose=verbose,
    )


def _opened(
    *data: Any, categorical_features: Any, image_shape: Any, channel_axis: Any, **labels: Any
) -> Comparison:
    """Tables or images: the one place that decides."""
    if image_shape is not None or any(map(is_image_batch, data)):
        return open_images(*data, image_shape=image_shape, channel_axis=channel_axis, **labels)
    return open_comparison(*data, categorical_features=categorical_features, **labels)


@threads_of_this_process()
def report_on(
    augmenter: Any,
    model: FittedModel,
    X_holdout: Any,
    y_holdout: Any,
    X: Any,
    y: Any,
    n_samples: int | None,
    settings: Mapping[str, Any],
) -> QualityReport:
    """The report of a fitted augmenter; see `GANAugmenter.report`."""
    (X_holdout, y_holdout), (X, y) = (
        _of_learned(model, rows, labels) for rows, labels in ((X_holdout, y_holdout), (X, y))
    )
    seen, y_seen = (X_holdout, y_holdout) if X is None else (X, y)
    backend, border = model.backend, model.border
    if isinstance(border, ImageBorder):
        seen = border.in_order(seen, "X_holdout" if X is None else "X")
    drawn = _drawn(augmenter, model, seen, y_seen, n_samples)
    rows = _opened(
        seen,
        drawn[0],
        None if X is None else X_holdout,
        categorical_features=augmenter.categorical_features,
        **_layout(border),
        y_real=y_seen,
        y_synthetic=drawn[1],
        y_holdout=None if X is None else y_holdout,
    )
    return _report(
        rows,
        history=augmenter.history_,
        best_step=backend.best_step_ if isinstance(backend, DiagnosableBackend) else None,
        has_training_rows=X is not None,
        **settings,
    )


def _layout(border: Any) -> dict[str, Any]:
    """The `image_shape` and `channel_axis` that an augmenter has learned."""
    if not isinstance(border, ImageBorder):
        return {"image_shape": None, "channel_axis": "auto"}
    axis = border.layout.channel_axis
    return {
        "image_shape": border.layout.image_shape,
        "channel_axis": None if axis is None else axis + 1,
    }


def _of_learned(model: FittedModel, X: Any, y: Any) -> tuple[Any, Any]:
    """Rows of the classes that the model learned; of one class, labels would say nothing."""
    if y is None or model.target is None:
        return X, y
    given = Target(y)
    learned = {None, *model.trained.tolist()}  # unknown classes are told of later
    kept = [model.target.code_of(label) in learned for label in listed(given.classes)]
    if not all(kept) and _num_samples(X) == len(given.codes):
        rows = np.flatnonzero(np.array(kept)[given.codes])
        if not len(rows):
            raise ValueError(
                f"None of the rows is of a class that the augmenter learned, "
                f"{listed(model.target.classes[model.trained])!r:.200}. Pass rows of these, or fit "
                "with train_on='all'."
            )
        X, y = _safe_indexing(X, rows), _safe_indexing(y, rows)
    return X, y if len(model.trained) > 1 else None


def _drawn(
    augmenter: Any, model: FittedModel, like: Any, y: Any, n_samples: int | None
) -> tuple[Any, Any]:
    """Synthetic rows with the class shares of `y`."""
    labelled = model.target is not None and len(model.trained) > 1
    if labelled != (y is not None):
        raise ValueError(
            "The augmenter was fitted with labels, so pass y_holdout, and y beside X, to compare "
            "class by class."
            if labelled
            else "The augmenter was fitted without labels, so it gives none: leave y_holdout and "
            "y out, and pass the target as a column if it was one."
        )
    n = (like.shape[0] if hasattr(like, "shape") else len(like)) if n_samples is None else n_samples
    if y is None:
        return augmenter.sample(n), None
    target = Target(y)
    check_positive("n_samples", n)
    codes = apportion(n, target.counts / target.counts.sum())
    return augmenter.sample(y=target.classes[codes], return_y=True)


def _report(
    rows: Comparison,
    *,
    history: Sequence[Mapping[str, Any]] | None,
    best_step: int | None,
    max_rows: int,
    random_state: Any,
    verbose: int,
    has_training_rows: bool = True,
) -> QualityReport:
    if isinstance(max_rows, bool) or not isinstance(max_rows, Integral) or max_rows < _FEWEST:
        raise ValueError(f"max_rows={max_rows!r} must be an integer of {_FEWEST} or more.")
    seed = draw_seed(random_state)
    base, fresh = _yardstick(rows, seed)
    modules = _ASPECTS[type(rows)]
    with tqdm(disable=not verbose, unit="step") as bar:
        setting = Setting(rows, base, fresh, has_training_rows, int(max_rows), seed, _Steps(bar))
        bar.reset(total=sum(module.n_steps(setting) for module in modules))
        aspects = tuple(module.assess(setting) for module in modules)
        bar.update(bar.total - bar.n)
    training = _training(history, best_step)
    return QualityReport((*aspects, *training), _subtitle(rows), rows.noun)


class _Steps:
    """Moves a progress bar when something new begins."""

    def __init__(self, bar: Any):
        self._bar = bar
        self._begun = False

    def __call__(self, what: str) -> None:
        if self._begun:
            self._bar.update(1)
        self._begun = True
        self._bar.set_description(what)


def _yardstick(rows: Comparison, seed: int) -> tuple[Sample, Sample]:
    """Real rows to compare with, and other real rows in the part of perfect synthetic ones."""
    if rows.holdout is not None:
        return rows.real, rows.holdout
    y = rows.real.y
    stratify = y if y is not None and np.bincount(y).min() > 1 else None
    base, fresh = train_test_split(
        np.arange(len(rows.real)), test_size=_FRESH_SHARE, stratify=stratify, random_state=seed
    )
    return rows.real.take(base), rows.real.take(fresh)


def _training(
    history: Sequence[Mapping[str, Any]] | None, best_step: int | None
) -> tuple[Aspect, ...]:
    curve = pd.DataFrame(list(history or ()))
    if not {"step", "score"} <= set(curve.columns) or not curve["score"].notna().any():
        return ()
    kept = "" if best_step is None else f"; step {best_step:,} was kept"
    picture = Picture(
        "Training",
        f"Line: the held-out score of {len(curve)} evaluations{kept}",
        partial(plots.training_curve, curve, best_step),
    )
    lowest = curve["score"].min()
    sentence = f"the held-out score was {lowest:.3f} at its best{kept}"
    return (Aspect("Training", "", sentence, pictures=(picture,)),)


def _subtitle(rows: Comparison) -> str:
    counts = {"synthetic": rows.synthetic, "real": rows.real, "held-out real": rows.holdout}
    parts = [numbered(len(p), f"{k} {rows.noun}") for k, p in counts.items() if p is not None]
    classes = f", {numbered(len(rows.classes), 'class', 'classes')}" if len(rows.classes) else ""
    return f"{joined_by_and(parts)} of {rows.contents()}{classes}."
