"""Warnings that point at the line of the user that they are about."""

from __future__ import annotations

import sys
import warnings

# What lies between that line and the warning: decorators, Pipelines, cross-validation.
_PASSED_THROUGH = {"gan_augment", "sklearn", "imblearn", "joblib", "contextlib"}


class FewRowsWarning(UserWarning):
    """A class has so few rows that a GAN learns little more than what they say.

    Examples
    --------
    >>> import warnings
    >>> from gan_augment import FewRowsWarning
    >>> warnings.simplefilter("ignore", FewRowsWarning)
    """


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn of something, at the innermost line outside of this package and of what calls it."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in _PASSED_THROUGH:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
