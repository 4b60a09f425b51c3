"""Which classes, how many rows: what users ask for, checked and turned into class codes."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
from imblearn.utils import check_sampling_strategy
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets

from gan_augment.columns import BoolArray, FloatArray, IntArray, is_hashable
from gan_augment.containers import open_target
from gan_augment.frames import Target, listed, shown
from gan_augment.notices import FewRowsWarning, warn_user

_FEW_ROWS = 10
_FEW_LABELS = 20
_MOST_DOUBTS = 3


def check_target(y: Any, n_rows: int) -> Target:
    """Class labels for `n_rows` rows."""
    target = Target(y)
    if len(target.codes) != n_rows:
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: X has {n_rows} rows, y "
            f"has {len(target.codes)} labels. Pass one label per row."
        )
    if target.classes.dtype.kind in "biuf":
        try:
            # Each often enough not to be taken for a quantity without a word of where.
            check_classification_targets(np.repeat(np.asarray(target.classes), 3))
        except ValueError as error:
            raise ValueError(
                f"{error} y holds {target.n_classes} different numbers: turn it into classes, for "
                "example with pandas.cut, or use fit(X) without y."
            ) from error
        if n_rows > _FEW_LABELS and target.n_classes > n_rows / 2:
            warn_user(
                f"y holds {target.n_classes} different numbers in {n_rows} rows. If they are a "
                "quantity, turn it into classes, for example with pandas.cut, or use fit(X) "
                "without y."
            )
    return target


def draw_seed(random_state: Any) -> int:
    """A seed from what scikit-learn calls a random state."""
    if random_state is None:  # fresh entropy, which leaves NumPy's global generator alone
        return int(np.random.default_rng().integers(2**31))
    return int(check_random_state(random_state).randint(2**31 - 1))


def apportion(n: int, shares: FloatArray) -> IntArray:
    """`n` class codes in these shares, by largest remainders."""
    exact = n * shares
    counts = np.floor(exact).astype(np.int64)
    largest = np.argsort(counts - exact, kind="stable")[: n - counts.sum()]
    counts[largest] += 1
    return np.repeat(np.arange(len(shares)), counts)


def check_positive(name: str, value: Any) -> None:
    """Refuse what is no number of rows."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name}={value!r} must be a positive integer, such as {name}=1000.")


def rows_to_add(sampling_strategy: Any, y: Any, target: Target) -> IntArray:
    """Rows to add for each class code, as imbalanced-learn reads `sampling_strategy`."""
    if target.n_classes < 2:
        raise ValueError(
            f"The target 'y' needs to have more than 1 class. Got only "
            f"{target.classes[0]!r}. Add rows of another class, or use fit(X) without y and "
            "sample(n) to model a single class."
        )
    strategy = sampling_strategy
    if callable(strategy):
        labels = np.asarray(y) if isinstance(y, (list, tuple)) else y
        strategy = strategy(labels)
        if strategy is None:
            raise ValueError(
                f"sampling_strategy={sampling_strategy!r} gave None. Let it return a dict of class "
                "to number of rows, or one of the other forms."
            )
    if isinstance(strategy, Mapping):
        strategy = _sizes_of_codes(strategy, target)
    try:
        wanted = check_sampling_strategy(strategy, target.codes, "over-sampling")
    except ValueError as error:
        counts = dict(zip(shown(target.classes), target.counts.tolist(), strict=True))
        raise ValueError(
            f"sampling_strategy={sampling_strategy!r} is impossible for the class sizes "
            f"{counts!r:.200}: {error}"
        ) from error
    return np.array([wanted.get(code, 0) for code in range(target.n_classes)])


def strategy_by_label(target: Target, strategy: IntArray) -> OrderedDict[Any, int]:
    """Rows to add for each label, for those that get any."""
    wanted = zip(target.classes, strategy, strict=True)
    return OrderedDict((label, int(n)) for label, n in wanted if n)


def rows_to_train_on(
    train_on: str, labels: IntArray, strategy: IntArray | None
) -> tuple[IntArray, IntArray]:
    """Rows and class codes that the model learns."""
    everything = np.arange(len(labels))
    if train_on == "all" or strategy is None or not strategy.any():
        return everything, np.unique(labels)
    grown = np.flatnonzero(strategy)
    rows = everything[np.isin(labels, grown)]
    if len(rows) < 2:
        raise ValueError(
            "train_on='minority' leaves 1 row to learn from. Use train_on='all', which borrows "
            "from the other classes."
        )
    return rows, grown


def warn_of_few_rows(
    target: Target, asked: BoolArray, trained: IntArray, doubts: Mapping[int, str]
) -> None:
    """Warn of classes asked for that have few rows, or that a backend has doubts about."""
    classes = shown(target.classes)
    doubtful = [
        (classes[trained[code]], doubt) for code, doubt in doubts.items() if asked[trained[code]]
    ]
    if len(doubtful) > _MOST_DOUBTS:
        (label, doubt), *others = doubtful
        labels = [label for label, _ in others]
        doubtful = [(label, f"{doubt} The same holds of {len(others)} others: {labels!r:.300}.")]
    for label, doubt in doubtful:
        warn_user(f"Class {label!r} {doubt}", FewRowsWarning)
    small = np.flatnonzero(asked & (target.counts < _FEW_ROWS))
    if len(small):
        classes, counts = shown(target.classes[small]), target.counts[small].tolist()
        few = dict(zip(classes, counts, strict=True))
        warn_user(
            f"The GAN has few rows to learn these classes from: {few}. Synthetic rows of them "
            "will be close to the real ones; check that they help, for example with "
            "cross-validation.",
            FewRowsWarning,
        )


def _sizes_of_codes(strategy: Mapping[Any, Any], target: Target) -> dict[int, int]:
    codes = {}
    for label, size in strategy.items():
        code = target.code_of(label)
        if code is None:
            raise ValueError(
                f"sampling_strategy names the class {label!r}, which y does not contain. Its "
                f"classes are {shown(target.classes)!r:.200}."
            )
        present = int(target.counts[code])
        if isinstance(size, bool) or not isinstance(size, Integral):
            raise ValueError(
                f"sampling_strategy asks for {size!r} rows of class {label!r}: a number of rows is "
                "an int."
            )
        if size < present:
            raise ValueError(
                f"sampling_strategy asks for {size!r} rows of class {label!r}, which has "
                f"{present}. An over-sampler only adds: ask for {present} or more, or drop "
                "the class from sampling_strategy."
            )
        codes[code] = int(size)
    return codes


def codes_asked(
    y: Any, target: Target | None, trained: IntArray, *, name: str = "y"
) -> IntArray | None:
    """Class codes for a label (0-d) or for one label per row (1-d); None for no wish.

    Errors call the parameter by its `name`.
    """
    if y is None:
        return None
    if target is None:
        raise ValueError(
            f"{name}={y!r:.80} asks for a class, but the augmenter was fitted without y. Draw "
            "without a class, or fit with y."
        )
    if isinstance(y, Mapping):
        raise ValueError(
            f"{name}={y!r:.80} is a mapping. Pass a label per row, such as "
            "numpy.repeat(labels, counts)."
        )
    if isinstance(y, np.ndarray) and y.ndim == 0:
        y = y[()]
    elif len(getattr(y, "shape", ())) == 2:  # frames and indicators, as fit takes them
        y = open_target(y)[0]
    code = target.code_of(y) if isinstance(y, Hashable) else None
    if code is not None:
        asked = np.array(code)
    elif isinstance(y, (str, bytes, Real)) or not hasattr(y, "__len__"):
        raise _unknown_class(name, y, target)
    else:
        if not isinstance(y, (list, tuple, np.ndarray)):
            y = np.asarray(y, dtype=object)
        labels = listed(y) if isinstance(y, np.ndarray) else list(y)
        try:
            codes = list(map(functools.cache(target.code_of), labels))
        except TypeError as error:
            label = next(label for label in labels if not is_hashable(label))
            raise _unknown_class(name, label, target) from error
        if None in codes:
            raise _unknown_class(name, list(y)[codes.index(None)], target)
        asked = np.array(codes, dtype=np.int64)
    unknown = np.setdiff1d(asked, trained)
    if len(unknown):
        label = shown(target.classes)[unknown[0]]
        raise ValueError(
            f"{name}={label!r} was not learned, since train_on='minority' learns only the classes "
            "that sampling_strategy grows. Fit with train_on='all'."
        )
    return asked


def _unknown_class(name: str, label: Any, target: Target) -> ValueError:
    return ValueError(
        f"{name}={label!r:.80} is not a class that was seen in fit. The classes are "
        f"{shown(target.classes)!r:.300}."
    )
