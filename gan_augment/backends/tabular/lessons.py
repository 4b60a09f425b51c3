"""What is taught about classes, for how long, and to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gan_augment.backends.tabular.sizing import default_label_sharpness, default_teacher_weight
from gan_augment.backends.tabular.teacher import Teacher, learn_classes
from gan_augment.columns import FloatArray, IntArray
from gan_augment.frames import Table
from gan_augment.training.faults import FEWEST_STEPS

_FEWEST_TAUGHT = 30
# Small, since every row drawn goes through it, and taught for longer instead.
_STUDENT_WIDTH = 64
_STUDENT_STEPS = 1.5


@dataclass(frozen=True)
class Lesson:
    """What there is to learn about classes, and for how long.

    Attributes
    ----------
    teacher : callable
        From rows to probabilities of the classes taught.
    taught, counts : ndarray of shape (n_taught,)
        Class codes that the teacher knows, and how many real rows each has.
    class_balance : float
        How classes are drawn; see `TabularGAN`.
    n_steps : int
        Steps of the student's training.
    cuda_graph : bool
        Whether they may be recorded; see `TabularGAN`.
    student : dict
        Options of `taught_generator` that the lesson decides on.
    """

    teacher: Teacher
    taught: IntArray
    counts: IntArray
    class_balance: float
    n_steps: int
    cuda_graph: bool
    student: dict[str, Any]

    @property
    def shares(self) -> FloatArray:
        """The classes' shares among the real rows."""
        return self.counts / self.counts.sum()

    @property
    def drawn_shares(self) -> FloatArray:
        """The classes' shares among the rows to learn from."""
        shares = self.shares ** (1 - self.class_balance)
        return shares / shares.sum()


def prepare_lesson(
    data: Table,
    labels: IntArray,
    parameters: dict[str, Any],
    n_steps: int,
    rng: np.random.Generator,
) -> Lesson | None:
    """A lesson about the real rows, whose teacher has learned them; None where there is no use.

    Parameters
    ----------
    data, labels : Table, ndarray of shape (n_rows,)
        Real rows and their class codes.
    parameters : dict
        Those of `TabularGAN`.
    n_steps : int
        Steps that the generator was trained for.
    rng : Generator
        The teacher's randomness.
    """
    counts = np.bincount(labels)
    taught = np.flatnonzero(counts >= _FEWEST_TAUGHT)
    n_rows = int(counts[taught].sum())
    weight, sharpness = parameters["teacher_weight"], parameters["label_sharpness"]
    if weight == "auto":
        weight = default_teacher_weight(n_rows)
    if sharpness == "auto":
        sharpness = default_label_sharpness(n_rows)
    if weight == 0 or len(taught) < 2 or n_steps < FEWEST_STEPS:
        return None
    learned = np.flatnonzero(np.isin(labels, taught))
    places = np.searchsorted(taught, labels[learned])
    return Lesson(
        teacher=learn_classes(data.take(learned), places, rng),
        taught=taught,
        counts=counts[taught],
        class_balance=parameters["class_balance"],
        n_steps=round(_STUDENT_STEPS * n_steps),
        cuda_graph=parameters["cuda_graph"],
        student={
            "width": _STUDENT_WIDTH,
            "n_classes": len(taught),
            "teacher_weight": float(weight),
            "label_sharpness": float(sharpness),
        },
    )
