"""What a fitted `GANAugmenter` does: draw, write, save, diagnose, report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, Any

import numpy as np

from gan_augment.backends.base import Backend
from gan_augment.diagnosis import Diagnosis, diagnose
from gan_augment.files import PathLike
from gan_augment.frames import reject_other_columns
from gan_augment.model import FittedModel, fitted_model
from gan_augment.persistence import save
from gan_augment.sampling import check_positive, draw_seed, strategy_by_label
from gan_augment.streaming import write_parquet


class FittedFace:
    """The methods of a `GANAugmenter` that need no more than what `fit` left behind."""

    random_state: Any
    verbose: int
    backend_: Backend
    _model: FittedModel

    def sample(self, n_samples: int | None = None, *, y: Any = None, return_y: bool = False) -> Any:
        """Draw synthetic rows, or images where it was fitted on images.

        Parameters
        ----------
        n_samples : int, default=None
            How many rows. None takes the length of `y` where it is an array, else the number of
            rows that `sampling_strategy` would add, or the number trained on if that is none.
        y : label or array-like of labels, default=None
            The class of all rows, or one class per row. None draws the classes in the
            proportions that `sampling_strategy` would add.
        return_y : bool, default=False
            Whether to return the labels too.

        Returns
        -------
        X : same type as the X of fit, of shape (n_samples, n_features), or images
            Synthetic rows, or images of the layout and dtype of fit's. With an int `random_state`
            the same call gives the same rows.
        y : same type as the y of fit, of shape (n_samples,)
            Their labels; only if `return_y`.

        Raises
        ------
        ValueError
            If `n_samples` is not a positive integer, or `y` names a class that was not learned.
        sklearn.exceptions.NotFittedError
            If the augmenter is not fitted.
        """
        model, seed = fitted_model(self), self._sampling_seed()
        return model.rows(model.codes(n_samples, y, seed), seed, return_y=return_y)

    def fill(self, X: Any, y: Any, labels: Any) -> Any:
        """Draw the rows that `fit_resample` adds to real ones.

        Those of ``sample(y=labels)``, unless the backend makes some of them from the real ones, as
        `ImageGAN` does with `moved_share`.

        Parameters
        ----------
        X, y : array-like
            Real rows or images, shaped as those of `fit`, and their labels.
        labels : array-like of labels
            The class of each row to draw.

        Returns
        -------
        X_new : same type as the X of fit, of shape (len(labels), n_features), or images
            Synthetic rows or images.

        Raises
        ------
        ValueError
            If `X`, `y` or `labels` do not fit what was learned.
        sklearn.exceptions.NotFittedError
            If the augmenter is not fitted.
        """
        return fitted_model(self).beside(X, y, labels, self._sampling_seed())

    def sample_batches(
        self,
        n_samples: int,
        batch_size: int = 10_000,
        *,
        y: Any = None,
        seed: int = 0,
        return_y: bool = False,
    ) -> Iterator[Any]:
        """Draw rows or images batch by batch, in memory that does not grow with their number.

        Parameters
        ----------
        n_samples : int
            How many rows in all.
        batch_size : int, default=10_000
            Rows per batch; the last may be shorter.
        y : label, default=None
            The class of all rows; None draws classes as `sample` does.
        seed : int, default=0
            Streams of different seeds are independent, so partitions of a large job take one
            each; the rows depend on `seed` and `batch_size` alone.
        return_y : bool, default=False
            Whether to give the labels too.

        Yields
        ------
        X : same type as the X of fit, of shape (batch_size, n_features), or images
            Synthetic rows or images.
        y : same type as the y of fit, of shape (batch_size,)
            Their labels; only if `return_y`.

        Raises
        ------
        ValueError
            At once, if `n_samples` or `batch_size` is no positive integer, `seed` is negative, `y`
            names a class that was not learned or is one label per row, or `return_y` is true
            where it was fitted without labels.
        sklearn.exceptions.NotFittedError
            If the augmenter is not fitted.
        """
        return fitted_model(self).batches(n_samples, batch_size, y, seed, return_y=return_y)

    def sample_to_parquet(
        self,
        path: PathLike | IO[bytes],
        n_samples: int,
        *,
        y: Any = None,
        batch_size: int = 100_000,
        seed: int = 0,
        target: str | None = None,
    ) -> None:
        """Write synthetic rows as a Parquet file, in memory that does not grow with their number.

        Parameters
        ----------
        path : path-like or binary file
            The file; it appears once it is whole, and replaces an old one. What is open for
            writing, such as ``sys.stdout.buffer``, is written to, and left open.
        n_samples : int
            How many rows.
        y, seed
            As in `sample_batches`, whose rows these are.
        batch_size : int, default=100_000
            Rows per row group, and the rows that are in memory at a time.
        target : str, default=None
            Name of the column of labels, where the augmenter was fitted with `y`; by default that
            of `y`, or "target".

        Raises
        ------
        ImportError
            If pyarrow is not installed.
        ValueError
            If a number is no positive integer, `seed` is negative, `y` names a class that was not
            learned or is one label per row, or `target` is the name of a column of `X`.
        TypeError
            If the rows are no table, or a column holds values of several types.
        OSError
            If the file cannot be written.
        sklearn.exceptions.NotFittedError
            If the augmenter is not fitted.
        """
        write_parquet(
            fitted_model(self),
            path,
            n_samples,
            y=y,
            batch_size=batch_size,
            seed=seed,
            target=target,
            verbose=self.verbose,
        )

    def save(self, path: PathLike) -> None:
        """Write the fitted augmenter as one file, which `gan_augment.load` reads.

        The file holds JSON and arrays in the safetensors format and no code. Of the rows trained
        on it holds none, but those of classes so small that they are interpolated (see
        `TabularGAN`). It appears whole or not at all, and opens on machines without a GPU.

        Parameters
        ----------
        path : path-like
            The file to write, such as "model.safetensors"; an old one is replaced.

        Raises
        ------
        TypeError
            If a label, level or parameter is of a type that a file without code cannot hold, or
            the backend cannot be saved.
        OSError
            If the file cannot be written.
        sklearn.exceptions.NotFittedError
            If the augmenter is not fitted.
        """
        save(self, fitted_model(self), path)

    def diagnose(self) -> Diagnosis:
        """Say in plain words how training went.

        Returns
        -------
        gan_augment.diagnosis.Diagnosis
            Its ``verdict``, "good", "check", "poor" or "unknown", and its ``sentences``, which
            printing it shows: length and kept step, how well rows are told from held-out ones or
            how far images are from them, setbacks, and what went wrong, with the remedy.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the augmenter is not fitted.
        """
        return diagnose(fitted_model(self))

    def report(
        self,
        X_holdout: Any,
        y_holdout: Any = None,
        *,
        X: Any = None,
        y: Any = None,
        n_samples: int | None = None,
        max_rows: int = 20_000,
        random_state: Any = 0,
        verbose: int = 1,
    ) -> Any:
        """Compare drawn rows with real ones; see `gan_augment.evaluation.quality_report`.

        The rows of training are not kept, lest they travel with the augmenter: pass them as `X` and
        `y` to learn about copies and other signals of privacy too.

        Parameters
        ----------
        X_holdout : array-like or DataFrame of shape (n_holdout, n_features), or images
            Real rows that the augmenter was not trained on, or images shaped as those of `fit`.
        y_holdout : array-like of shape (n_holdout,), default=None
            Their labels; needed where it learned several classes. Rows of classes that it did not
            learn, as with ``train_on="minority"``, are left out.
        X, y : array-like, default=None
            The rows and labels that it was trained on.
        n_samples : int, default=None
            How many rows to draw, in the class shares of `y`, or of `y_holdout` without it; None
            draws as many as those have.
        max_rows, random_state, verbose
            As in `quality_report`.

        Returns
        -------
        gan_augment.evaluation.QualityReport
            With ``summary()``, ``scores``, ``plot()`` and ``to_html(path)``.

        Raises
        ------
        ValueError
            If the rows do not fit the augmenter or each other.
        ImportError
            If the ``report`` extra is not installed.
        """
        from gan_augment.evaluation.report import report_on

        model = fitted_model(self)
        self._reject_other_columns(X_holdout)
        settings = {"max_rows": max_rows, "random_state": random_state, "verbose": verbose}
        return report_on(self, model, X_holdout, y_holdout, X, y, n_samples, settings)

    def sample_grid(self, X: Any = None, y: Any = None, *, n_columns: int = 12) -> Any:
        """Draw images as a contact sheet, class by class, real ones above them if there are any.

        Parameters
        ----------
        X : array-like, default=None
            Real images, shaped as those of `fit`.
        y : array-like, default=None
            Their labels; needed with `X` where it was fitted with labels.
        n_columns : int, default=12
            Images of each class.

        Returns
        -------
        matplotlib.figure.Figure
            With ``savefig(path)``.

        Raises
        ------
        TypeError
            If it was not fitted on images.
        ImportError
            If the ``report`` extra is not installed.
        """
        from gan_augment.evaluation.pictures import contact_sheet_of

        model = fitted_model(self)
        check_positive("n_columns", n_columns)
        return contact_sheet_of(self, model, X, y, n_columns)

    def _adopt(self, model: FittedModel, columns: Mapping[str, Any]) -> None:
        """Become the face of a model fitted on columns of this number and these names."""
        self._model, self.backend_ = model, model.backend
        for name in ("classes_", "sampling_strategy_", "n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
        self.__dict__.update(columns)
        if model.target is not None and model.strategy is not None:
            self.classes_ = model.target.classes
            self.sampling_strategy_ = strategy_by_label(model.target, model.strategy)
        self.history_, self.n_steps_ = model.backend.history_, model.backend.n_steps_
        self.device_ = model.backend.device_

    def _sampling_seed(self) -> int:
        base = draw_seed(self.random_state)
        return int(np.random.SeedSequence([base, 2]).generate_state(1)[0])

    def _reject_other_columns(self, X: Any, *, ordered: bool = False) -> None:
        known = (getattr(self, name, None) for name in ("n_features_in_", "feature_names_in_"))
        reject_other_columns(X, *known, ordered=ordered)
