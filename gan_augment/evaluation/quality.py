"""What a quality report holds: figures, words and pictures."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from gan_augment.evaluation import plots
from gan_augment.evaluation.aspects.base import UNMEASURED, Aspect, Picture
from gan_augment.figures import new_figure
from gan_augment.files import written_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TALL = 1.3


@dataclass(frozen=True, repr=False)
class QualityReport:
    """What was found about synthetic rows or images.

    Attributes
    ----------
    aspects : tuple of Aspect
        Fidelity, utility, condition, coverage and privacy: each with its verdict, scores, tables
        and pictures.
    subtitle : str
        What was compared.
    noun : {"row", "image"}
        What one of them is called.

    See Also
    --------
    quality_report : Makes one.
    """

    aspects: tuple[Aspect, ...]
    subtitle: str
    noun: str = "row"

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>\n{self.summary()}"

    @property
    def scores(self) -> dict[str, float]:
        """All figures by name; NaN where one could not be measured."""
        return {
            name: float(value) for aspect in self.aspects for name, value in aspect.scores.items()
        }

    @property
    def verdicts(self) -> dict[str, str]:
        """For each aspect "good", "check", "poor" or "not measured"."""
        return {aspect.name.lower(): aspect.status for aspect in self.aspects if aspect.status}

    def to_frame(self) -> pd.DataFrame:
        """All figures as a table: "aspect", "score" and "value"."""
        rows = [
            (aspect.name.lower(), name, float(value))
            for aspect in self.aspects
            for name, value in aspect.scores.items()
        ]
        return pd.DataFrame(rows, columns=["aspect", "score", "value"])

    def summary(self) -> str:
        """A sentence per aspect: the verdict, its main figures, and the worst columns or class."""
        return "\n".join(
            f"{aspect.name}: {aspect.status}; {aspect.sentence}."
            for aspect in self.aspects
            if aspect.status
        )

    def plot(self) -> Figure:
        """The most telling pictures as one figure.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        chosen = _overview(self.aspects)
        places, n_rows, n_columns = _grid(chosen)
        figure = new_figure(4.2 * n_columns, 3.3 * n_rows)
        grid = figure.add_gridspec(n_rows, n_columns)
        for (row, column, span), picture in zip(places, chosen, strict=True):
            axes = figure.add_subplot(grid[row : row + span, column])
            picture.draw(axes)
            axes.set_title(plots.wrapped(picture.title), fontsize=10, pad=18)
        return figure

    def to_html(self, path: str | os.PathLike[str]) -> None:
        """Write a page that needs nothing else: verdicts, pictures, tables and how to read them.

        Parameters
        ----------
        path : path-like
            The file; it appears whole or not at all, and replaces an old one.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        OSError
            If the file cannot be written.
        """
        from gan_augment.evaluation.html import render

        page = render(self.aspects, self.subtitle, f"Quality of synthetic {self.noun}s")
        with written_whole(path) as partial_path:
            partial_path.write_text(page, encoding="utf-8")

    def __str__(self) -> str:
        return self.summary()


def _overview(aspects: tuple[Aspect, ...]) -> list[Picture]:
    """Nine pictures: the first ones of fidelity, and the first of every other aspect."""
    measured = [a for a in aspects if a.pictures and a.status != UNMEASURED]
    first = measured[0].pictures if measured else ()
    rest = [aspect.pictures[0] for aspect in measured[1:]]
    return [*first[: 9 - len(rest)], *rest]


def _grid(pictures: list[Picture]) -> tuple[list[tuple[int, int, int]], int, int]:
    """Row, column and height of each picture, tall ones two rows high; rows and columns in all."""
    n_columns = min(3, len(pictures))
    heights = [0] * n_columns
    places = []
    for picture in pictures:
        width, height = picture.size
        span = 2 if height > _TALL * width else 1
        column = heights.index(min(heights))
        places.append((heights[column], column, span))
        heights[column] += span
    return places, max(heights), n_columns
