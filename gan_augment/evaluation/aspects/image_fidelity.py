"""Do synthetic images look like real ones of their class."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from gan_augment.columns import FloatArray, IntArray
from gan_augment.evaluation import plots
from gan_augment.evaluation.aspects.base import Aspect, Picture, Setting, grade, worst
from gan_augment.evaluation.aspects.image_features import ORIGIN, feature_space
from gan_augment.evaluation.distances import frechet_distance, kernel_distance
from gan_augment.evaluation.image_judges import detect_images
from gan_augment.evaluation.images import small
from gan_augment.evaluation.mosaic import Strip, draw_strips, sheet_size
from gan_augment.wording import joined_by_and, quoted

_MEAN = ((1.5, 0.10), (3.0, 0.50))  # times what fresh real images are off by, and on top of it
_WORST = ((2.0, 0.25), (4.0, 1.00))
_DETECTION = (0.65, 0.85)
_REPEATS = 0.4
_FEWEST, _MOST = 5, 2_000
_COLUMNS = 10
_CLASSES_PER_SHEET, _MOST_SHEETS = 10, 5
_POINTS = 1_000

NOTES = (
    "Fréchet distance: of normal distributions fitted to the features of real and synthetic images "
    "of a class (Heusel et al. 2017), as a share of the variance of the real ones: 0 is the same. "
    "It grows where images are few, for fresh real images too. Kernel distance (Bińkowski et al. "
    "2018): about 0 for images of one distribution, however few.",
    *ORIGIN,
    "The detector is a network trained to tell real from synthetic images, and scored on images "
    "that it has not seen: an AUC of 0.5 is guessing. Below 0.5, synthetic images repeat real "
    "ones. It finds noise and blur that the eye does not.",
)
_FRECHET, _KERNEL = "Fréchet", "kernel"
_FRESH = ", fresh real"


def assess(setting: Setting) -> Aspect:
    """Compare images class by class, and as a whole."""
    parts = [setting.some(p) for p in (setting.base, setting.rows.synthetic, setting.fresh)]
    setting.step("features of images")
    to_features = feature_space(setting)
    base, synthetic, fresh = ((to_features(part.X), _codes(part)) for part in parts)
    labels = setting.rows.classes if setting.has_labels else np.array(["all"])
    classes, order = _by_class(base, synthetic, fresh, labels, setting.seed)
    setting.step("detection by a convolutional network")
    detector = detect_images(*(small(part.X) for part in parts[:2]), seed=setting.seed)
    scores = {
        "fidelity_frechet": float(classes[_FRECHET].mean()),
        "fidelity_frechet_fresh": float(classes[_FRECHET + _FRESH].mean()),
        "fidelity_frechet_worst": float(classes[_FRECHET].max()),
        "fidelity_kernel": float(classes[_KERNEL].mean()),
        "fidelity_kernel_fresh": float(classes[_KERNEL + _FRESH].mean()),
        "detection_auc_convolutional_network": detector,
    }
    status = _status(classes, detector, min(map(len, parts[:2])))
    return Aspect(
        "Fidelity",
        status,
        _sentence(scores, classes, named=setting.has_labels),
        scores,
        {"Classes, worst first" if setting.has_labels else "Distances": classes},
        (
            *_sheets(setting, parts, classes, order),
            *_charts(setting, classes, base[0], synthetic[0]),
        ),
        NOTES,
    )


def n_steps(setting: Setting) -> int:
    """How many steps `assess` tells of."""
    return 2


def _codes(part: Any) -> IntArray:
    return np.zeros(len(part), dtype=np.int64) if part.y is None else part.y


def _by_class(
    base: tuple[FloatArray, IntArray],
    synthetic: tuple[FloatArray, IntArray],
    fresh: tuple[FloatArray, IntArray],
    labels: np.ndarray,
    seed: int,
) -> tuple[pd.DataFrame, IntArray]:
    """Distances of every class, worst first, and their codes; NaN where it has too few images."""
    rng = np.random.default_rng(seed)
    records = []
    for code in range(len(labels)):
        of_class = [features[codes == code] for features, codes in (base, synthetic, fresh)]
        # Distances of fewer images are larger: as many of each kind are compared.
        n = min(_MOST, *map(len, of_class))
        record = dict.fromkeys((_FRECHET, _FRECHET + _FRESH, _KERNEL, _KERNEL + _FRESH), np.nan)
        if n >= _FEWEST:
            real, ours, others = (rows[rng.permutation(len(rows))[:n]] for rows in of_class)
            variance = max(float(real.var(axis=0).sum()), 1e-12)
            for rows, suffix in ((ours, ""), (others, _FRESH)):
                record[_FRECHET + suffix] = frechet_distance(real, rows) / variance
                record[_KERNEL + suffix] = kernel_distance(real, rows)
        records.append(record)
    table = pd.DataFrame(records, index=pd.Index(map(str, labels), name="class"))
    excess = table[_FRECHET] - table[_FRECHET + _FRESH]
    order = np.argsort(-excess.to_numpy(), kind="stable")
    return table.iloc[order], order


def _status(classes: pd.DataFrame, detector: float, n: int) -> str:
    ours, usual = classes[_FRECHET], classes[_FRECHET + _FRESH]
    chance = 0.5 / np.sqrt(n)
    grades = [grade(detector, _DETECTION[0] + chance, _DETECTION[1] + chance)]
    grades.append(_graded(float(ours.mean()), float(usual.mean()), _MEAN))
    # Of few images the distance of a class can be small by chance: the mean is the least it counts.
    least = usual.clip(lower=usual.mean())
    grades += [_graded(*pair, _WORST) for pair in zip(ours, least, strict=True)]
    return worst(grades)


def _graded(value: float, usual: float, limits: Any) -> str:
    good, poor = (times * usual + more for times, more in limits)
    return grade(value, good, poor)


def _sentence(scores: dict[str, float], classes: pd.DataFrame, *, named: bool) -> str:
    detector = scores["detection_auc_convolutional_network"]
    told = f"a detector tells synthetic from real images with an AUC of {detector:.2f}"
    told += " (far below 0.5: they repeat real images)" if detector < _REPEATS else ""
    if classes[_FRECHET].isna().all():
        return f"no class has the {_FEWEST} images of each kind that a distance needs; {told}"
    sentence = (
        f"the Fréchet distance of images is {scores['fidelity_frechet']:.2f}"
        f"{' on average' if named else ''} (of fresh real images "
        f"{scores['fidelity_frechet_fresh']:.2f})"
    )
    if named:
        first = classes.iloc[0]
        sentence += (
            f", most off for class {quoted(classes.index[0])} ({first[_FRECHET]:.2f}, "
            f"{first[_FRECHET + _FRESH]:.2f})"
        )
    return f"{sentence}; {told}"


def _sheets(
    setting: Setting, parts: list[Any], classes: pd.DataFrame, order: IntArray
) -> list[Picture]:
    """Real images above synthetic ones, drawn at random, the worst classes first."""
    starts = range(0, min(len(order), _CLASSES_PER_SHEET * _MOST_SHEETS), _CLASSES_PER_SHEET)
    rng = np.random.default_rng(setting.seed)
    pictures = []
    for start in starts:
        names = classes.index[start : start + _CLASSES_PER_SHEET]
        strips = [
            strip
            for code, name in zip(order[start:], names, strict=False)
            for strip in _class_strips(setting, parts, code, name, rng)
        ]
        shown = joined_by_and(map(quoted, names))
        pictures.append(
            Picture(
                "Real above synthetic, worst class first"
                if setting.has_labels
                else "Real above synthetic",
                "Contact sheet: rows of real images, drawn at random, above rows of synthetic ones"
                + (f" of the classes {shown}" if setting.has_labels else ""),
                partial(draw_strips, strips=strips, n_columns=_COLUMNS, group=2),
                sheet_size(len(strips), _COLUMNS, strips[0][1].shape[2:], group=2),
            )
        )
    return pictures


def _class_strips(
    setting: Setting, parts: list[Any], code: int, name: str, rng: np.random.Generator
) -> list[Strip]:
    strips = []
    for part, label in zip(parts, (f"{plots.text(name)}: real", "synthetic"), strict=False):
        found = rng.permutation(np.flatnonzero(_codes(part) == code))[:_COLUMNS]
        strips.append((label, setting.rows.shown(part.X.take(found))))
    return strips


def _charts(
    setting: Setting, classes: pd.DataFrame, base: FloatArray, synthetic: FloatArray
) -> list[Picture]:
    pictures = []
    if setting.has_labels and classes[_FRECHET].notna().any():
        shown = classes[[_FRECHET, _FRECHET + _FRESH]].dropna().head(12)
        shown = shown.set_axis(["synthetic", "fresh real images"], axis=1)
        pictures.append(
            Picture(
                "Fréchet distance by class",
                f"Bars of the distance of each class beside that of fresh real images; the largest "
                f"excess is {shown.iloc[0, 0] - shown.iloc[0, 1]:.2f}, of {quoted(shown.index[0])}",
                partial(plots.beside, shown),
            )
        )
    pictures.append(
        Picture(
            "Features on two principal components",
            "Scatter plot of features of real and synthetic images on two principal components",
            partial(plots.projection, base[:_POINTS], synthetic[:_POINTS]),
            (4.6, 4.2),
        )
    )
    return pictures
