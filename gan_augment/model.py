"""What `GANAugmenter.fit` leaves behind: a trained backend, and what stands around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from sklearn.utils.validation import check_is_fitted

from gan_augment.backends.base import (
    Backend,
    Border,
    DoubtingBackend,
    FillingBackend,
    OpeningBorder,
)
from gan_augment.columns import FloatArray, IntArray
from gan_augment.frames import Target
from gan_augment.sampling import apportion, check_positive, codes_asked


@dataclass
class FittedModel:
    """A trained backend that is asked for rows of classes.

    Attributes
    ----------
    backend : Backend
        Gives rows for class codes.
    border : Border
        Turns them into what the user has.
    target : Target or None
        The classes; None where there are none.
    trained : ndarray of int
        Class codes that the backend learned.
    strategy : ndarray of shape (n_classes,) or None
        Rows of each class that `sampling_strategy` adds.
    n_rows : int
        How many rows the user had.
    """

    backend: Backend
    border: Border
    target: Target | None
    trained: IntArray
    strategy: IntArray | None
    n_rows: int

    @property
    def doubts(self) -> Mapping[int, str]:
        """Class codes of the backend that it has doubts about, and which."""
        return self.backend.doubts_ if isinstance(self.backend, DoubtingBackend) else {}

    def codes_of_strategy(self) -> IntArray:
        """Class codes of the rows that `sampling_strategy` adds."""
        assert self.strategy is not None
        return np.repeat(np.arange(len(self.strategy)), self.strategy)

    def codes(self, n_samples: int | None, y: Any, seed: int) -> IntArray:
        """Class codes of the rows that a call of `sample` asks for."""
        asked = self._asked(y)
        if n_samples is None:
            if asked is not None and asked.ndim == 1:
                return asked
            n_samples = (0 if self.strategy is None else int(self.strategy.sum())) or self.n_rows
        check_positive("n_samples", n_samples)
        if asked is None:
            rng = np.random.default_rng(np.random.SeedSequence([seed, 1]))
            return rng.permutation(apportion(n_samples, self._class_shares(None)))
        if asked.ndim == 0:
            return np.repeat(asked, n_samples)
        if len(asked) != n_samples:
            raise ValueError(
                f"n_samples={n_samples} but y has {len(asked)} labels. Leave n_samples out, or "
                "give one label per row."
            )
        return asked

    def rows(self, codes: IntArray, seed: int, *, return_y: bool) -> Any:
        """Rows of these classes as the user had them, and their labels if `return_y`."""
        self.check_return_y(return_y)
        return self._as_the_user_has(self._values(codes, seed), codes, return_y)

    def fill(self, training: Any, labels: IntArray, codes: IntArray, seed: int) -> Any:
        """Rows of these classes that over-sampling adds, as the user had them.

        Backends may make them with the help of what they were trained on.
        """
        if not isinstance(self.backend, FillingBackend):
            return self.rows(codes, seed, return_y=False)
        asked = np.searchsorted(self.trained, codes)
        return self.border.decode(self.backend.fill(training, labels, asked, seed))

    def beside(self, X: Any, y: Any, labels: Any, seed: int) -> Any:
        """Rows of these labels that over-sampling adds to `X`, which is not opened in vain."""
        codes = codes_asked(labels, self.target, self.trained, name="labels")
        if codes is None or codes.ndim == 0:
            raise ValueError(
                f"labels={labels!r:.80} must hold one label for each row to draw, such as "
                "numpy.repeat(label, n_rows)."
            )
        if not isinstance(self.backend, FillingBackend):
            return self.rows(codes, seed, return_y=False)
        known = self._asked(y)
        data = cast(OpeningBorder, self.border).open(X)
        if known is None or known.shape != (len(data),):
            raise ValueError(f"y must have one label for each of the {len(data)} rows of X.")
        return self.fill(data, np.searchsorted(self.trained, known), codes, seed)

    def batches(
        self, n_samples: int, batch_size: int, y: Any, seed: int, *, return_y: bool
    ) -> Iterator[Any]:
        """Rows, and labels if `return_y`, in batches; errors come before the first."""
        check_positive("n_samples", n_samples)
        check_positive("batch_size", batch_size)
        self.check_stream(y, seed)
        self.check_return_y(return_y)
        sizes = batch_sizes(n_samples, batch_size)
        batches = (self.batch(n, y, seed, i) for i, n in enumerate(sizes))
        return (self._as_the_user_has(*batch, return_y) for batch in batches)

    def batch(self, n: int, y: Any, seed: int, index: int) -> tuple[Any, IntArray]:
        """Values and class codes of batch `index` of the stream of `seed`."""
        shares = self._class_shares(y)
        stream = np.random.SeedSequence([seed, index])
        codes = np.random.default_rng(stream).choice(len(shares), size=n, p=shares)
        return self._values(codes, int(stream.generate_state(1)[0])), codes

    def check_stream(self, y: Any, seed: Any) -> None:
        """Refuse what is no seed, and what is not one class that was learned."""
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
            raise ValueError(f"seed={seed!r} must be an integer of 0 or more.")
        asked = self._asked(y)
        if asked is not None and asked.ndim:
            raise ValueError(
                f"y={y!r:.80} holds {len(asked)} labels, and all rows drawn in batches are of one "
                "class. Name that, or use sample(y=...) for a label per row."
            )

    def check_return_y(self, return_y: bool) -> None:
        """Refuse labels where there are none."""
        if return_y and self.target is None:
            raise ValueError(
                "return_y=True needs labels, but the augmenter was fitted without y. Leave "
                "return_y=False, or fit with y."
            )

    def _asked(self, y: Any) -> IntArray | None:
        return codes_asked(y, self.target, self.trained)

    def _values(self, codes: IntArray, seed: int) -> Any:
        return self.backend.sample(np.searchsorted(self.trained, codes), seed)

    def _as_the_user_has(self, values: Any, codes: IntArray, return_y: bool) -> Any:
        rows = self.border.decode(values)
        return (rows, self.target.decode(codes)) if self.target and return_y else rows

    def _class_shares(self, y: Any) -> FloatArray:
        """Probability of each class code in an unconditional draw, or in one of class `y`."""
        if self.target is None or self.strategy is None:
            return np.ones(1)
        asked = self._asked(y)
        if asked is not None and asked.ndim == 0:
            return np.eye(self.target.n_classes)[int(asked)]
        wanted = self.strategy if self.strategy.any() else self.target.counts
        return wanted / wanted.sum()


def fitted_model(augmenter: Any) -> FittedModel:
    """What `fit` of this augmenter left behind; `NotFittedError` where it was not called."""
    check_is_fitted(augmenter, "backend_")
    return augmenter._model


def batch_sizes(n_samples: int, batch_size: int) -> list[int]:
    """Sizes of batches that make `n_samples`; the last may be smaller."""
    full, rest = divmod(n_samples, batch_size)
    return [batch_size] * full + [rest] * bool(rest)
