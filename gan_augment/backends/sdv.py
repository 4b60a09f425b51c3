"""SDV's synthesizers as a backend of `GANAugmenter`; needs the ``sdv`` extra."""

from __future__ import annotations

import contextlib
import inspect
import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.base import BaseEstimator

from gan_augment.columns import CategoricalColumn, FloatArray, IntArray
from gan_augment.frames import FrameBorder, Table
from gan_augment.training.session import Resources

_INSTALL = (
    'SDV is not installed. Install it with: pip install "gan-augment[sdv]". Its licence, BUSL-1.1 '
    "(Business Source License), is no open-source licence: read whether your use is allowed."
)
_TABLE = "rows"


class SDVBackend(BaseEstimator):
    """A synthesizer of the Synthetic Data Vault, one per class.

    Classes are trained apart, since most synthesizers cannot be asked for a class: so the class
    that is asked for is the class that is given, whatever the synthesizer.

    Parameters
    ----------
    synthesizer : str, default="CTGANSynthesizer"
        Name of a class of ``sdv.single_table``, such as "TVAESynthesizer", "CopulaGANSynthesizer"
        or "GaussianCopulaSynthesizer".
    metadata : sdv.metadata.Metadata or None, default=None
        Description of the columns of `X`, of one table. None derives it from the frame.
    **kwargs
        Parameters of the synthesizer, such as ``epochs=100``.

    Attributes
    ----------
    history_ : list of dict
        Empty: SDV keeps its own record.
    n_steps_ : int
        Number of synthesizers trained.
    device_ : str
        What SDV was told to use.

    Raises
    ------
    ImportError
        In `fit`, if SDV is not installed.

    Notes
    -----
    SDV draws from global random generators. They are seeded for the time of a call and put back.
    Its synthesizers keep a random stream of their own, which goes on from call to call: a sequence
    of calls is reproducible, a repeated call gives other rows. `max_steps` and `early_stopping` of
    the augmenter mean nothing to SDV: give ``epochs`` instead. `max_time` lowers ``epochs`` to what
    fits into that time, shared among the classes; since SDV cannot be stopped, shorter trainings
    tell beforehand what an epoch costs, and come on top. How many epochs that are depends on the
    machine. Synthesizers without ``epochs`` take their time.

    References
    ----------
    Xu et al. (2019), "Modeling tabular data using conditional GAN", NeurIPS; Patki et al. (2016),
    "The Synthetic Data Vault", DSAA.
    """

    def __init__(
        self, synthesizer: str = "CTGANSynthesizer", *, metadata: Any = None, **kwargs: Any
    ):
        self.synthesizer = synthesizer
        self.metadata = metadata
        self.kwargs = kwargs

    @classmethod
    def _get_param_names(cls) -> list[str]:
        return ["metadata", "synthesizer"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters of this backend and of the synthesizer."""
        return {"synthesizer": self.synthesizer, "metadata": self.metadata, **self.kwargs}

    def set_params(self, **params: Any) -> SDVBackend:
        """Set parameters of this backend or of the synthesizer."""
        for name, value in params.items():
            if name in {"synthesizer", "metadata"}:
                setattr(self, name, value)
            else:
                self.kwargs = {**self.kwargs, name: value}
        return self

    def border(self, X: Any, *, categorical_features: Any, image_shape: Any) -> FrameBorder:
        """What turns `X` into this backend's rows and back; errors that need no training."""
        _synthesizer_class(self.synthesizer)
        if image_shape is not None:
            raise ValueError(
                f"image_shape={image_shape!r} is for images, but the backend is SDVBackend. Leave "
                "image_shape=None."
            )
        return FrameBorder(categorical_features)

    def fit(
        self, data: Table, labels: IntArray, *, n_classes: int, resources: Resources
    ) -> SDVBackend:
        """Train one synthesizer per class; see `TabularGAN.fit` for the parameters."""
        make = _synthesizer_class(self.synthesizer)
        if resources.checkpoint is not None:
            raise ValueError(
                f"checkpoint={str(resources.checkpoint.path)!r} is of no use to SDVBackend: SDV "
                "cannot resume a training. Leave checkpoint=None."
            )
        self._columns = data.columns
        frame = self._to_frame(data.values)
        metadata = self._metadata(frame)
        self.device_ = str(resources.device)
        self._models: list[Any] = []
        with _borrowed_generators(resources.seed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for code in range(n_classes):
                rows = frame[labels == code].reset_index(drop=True)
                settings = dict(self.kwargs)
                if resources.max_seconds is not None and _has_epochs(make):
                    seconds = resources.max_seconds / n_classes
                    settings["epochs"] = _epochs_within(seconds, make, metadata, settings, rows)
                self._models.append(_fitted(make, metadata, settings, rows))
        self.history_: list[dict[str, Any]] = []
        self.n_steps_ = n_classes
        return self

    def sample(self, labels: IntArray, seed: int) -> FloatArray:
        """Table values of one synthetic row per class code, shape (n_rows, n_columns)."""
        values = np.empty((len(labels), len(self._columns)))
        with _borrowed_generators(seed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for code in np.unique(labels):
                rows = np.flatnonzero(labels == code)
                drawn = self._models[code].sample(len(rows))
                drawn = next(iter(drawn.values())) if isinstance(drawn, dict) else drawn
                values[rows] = self._to_values(drawn)
        return values

    def get_state(self) -> dict[str, Any]:
        """Refuse: SDV's synthesizers are Python objects, which only a pickle can hold."""
        raise TypeError(
            "backend=SDVBackend(...) cannot be saved, since SDV's synthesizers cannot be written "
            "without pickle. Use pickle or joblib instead, and open such files only if you trust "
            "whoever wrote them."
        )

    def _metadata(self, frame: pd.DataFrame) -> Any:
        if self.metadata is not None:
            return self.metadata
        from sdv.metadata import Metadata

        metadata = Metadata.detect_from_dataframes({_TABLE: frame})
        # What a column is, is known here; left to itself SDV takes some numbers for keys or codes.
        for column in self._columns:
            levels = isinstance(column, CategoricalColumn)
            metadata.update_column(
                str(column.name),
                table_name=_TABLE,
                sdtype="categorical" if levels else "numerical",
            )
        table = metadata.tables[_TABLE]
        if getattr(table, "primary_key", None):
            metadata.remove_primary_key(_TABLE)
        return metadata

    def _to_frame(self, values: FloatArray) -> pd.DataFrame:
        """Rows as SDV likes them: numbers as numbers, levels as strings, under the user's names."""
        columns = {}
        for i, column in enumerate(self._columns):
            if isinstance(column, CategoricalColumn):
                codes = pd.Series(values[:, i]).astype("Int64").astype("string")
                columns[str(column.name)] = codes.astype(object).where(codes.notna(), None)
            else:
                columns[str(column.name)] = pd.Series(values[:, i])
        return pd.DataFrame(columns)

    def _to_values(self, frame: pd.DataFrame) -> FloatArray:
        names = [str(column.name) for column in self._columns]
        return np.column_stack([pd.to_numeric(frame[name]).to_numpy(float) for name in names])


def _synthesizer_class(name: str) -> Any:
    try:
        from sdv import single_table
    except ImportError as error:
        raise ImportError(_INSTALL) from error
    found = getattr(single_table, name, None)
    if found is None:
        known = sorted(n for n in dir(single_table) if n.endswith("Synthesizer"))
        raise ValueError(f"synthesizer={name!r} is not one of SDV's: {known}.")
    return found


def _fitted(make: Any, metadata: Any, settings: dict[str, Any], rows: pd.DataFrame) -> Any:
    model = make(metadata, **settings)
    model.fit({next(iter(metadata.tables)): rows} if _takes_tables() else rows)
    return model


def _has_epochs(make: Any) -> bool:
    return "epochs" in inspect.signature(make.__init__).parameters


def _epochs_within(
    seconds: float, make: Any, metadata: Any, settings: dict[str, Any], rows: pd.DataFrame
) -> int:
    """How many epochs fit into `seconds`, at least 1 and no more than the synthesizer's own."""
    most = settings.get("epochs", inspect.signature(make.__init__).parameters["epochs"].default)

    def taken(epochs: int) -> float:
        started = time.perf_counter()
        _fitted(make, metadata, settings | {"epochs": epochs}, rows)
        return time.perf_counter() - started

    taken(1)  # warms up
    first = last = taken(1)
    epochs = 1
    # A trial much shorter than the goal would tell the clock's noise.
    while epochs < 4 or (last - first < 0.1 * seconds and last < seconds and epochs < most):
        epochs *= 4
        last = taken(epochs)
    each = max((last - first) / (epochs - 1), 1e-6)
    return int(np.clip(1 + (seconds - first) / each, 1, most))


def _takes_tables() -> bool:
    """SDV 2 takes a dict of tables where SDV 1 took a frame."""
    import sdv

    return int(sdv.__version__.split(".")[0]) >= 2


@contextlib.contextmanager
def _borrowed_generators(seed: int) -> Iterator[None]:
    """Seed the global generators, which SDV uses, and put them back after."""
    state = np.random.get_state()  # noqa: NPY002
    with torch.random.fork_rng():
        np.random.seed(seed % 2**32)  # noqa: NPY002
        torch.manual_seed(seed)
        try:
            yield
        finally:
            np.random.set_state(state)  # noqa: NPY002
