"""What can go wrong in a training without an error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from gan_augment.training.losses import LOSSES

FEWEST_STEPS = 100
_LAST_RECORDS = 3
_WON = 0.05


@dataclass(frozen=True)
class Fault:
    """What went wrong, in words for the user, and what to do about it.

    Attributes
    ----------
    kind : {"discriminator wins", "repeated rows", "lost values", "lost class"}
        What it is.
    sentence, remedy : str
        Plain words.
    code : int or None
        Class code, where it is about one.
    """

    kind: str
    sentence: str
    remedy: str
    code: int | None = None


def training_faults(history: Sequence[dict[str, Any]], loss: str, told_apart: float) -> list[Fault]:
    """A discriminator that wins outright, so that the generator learns nothing more from it.

    Where a held-out score fell below `told_apart`, it learned enough.
    """
    kept = [record for record in history if "undone" not in record][-_LAST_RECORDS:]
    nothing = torch.zeros(1)
    undecided = float(LOSSES[loss].discriminator(nothing, nothing))
    scores = [record["score"] for record in history if not math.isnan(record["score"])]
    harmless = bool(scores) and min(scores) < told_apart
    if len(kept) < _LAST_RECORDS or undecided <= 0 or harmless:
        return []
    last = float(np.mean([record["discriminator_loss"] for record in kept]))
    if last >= _WON * undecided:
        return []
    return [
        Fault(
            "discriminator wins",
            f"The discriminator won outright: its loss fell to {last:.3f}, where it is "
            f"{undecided:.2f} when it cannot tell real from synthetic rows, and the generator "
            "learns nothing more from it.",
            "Use a larger gamma, a smaller learning_rate or a narrower discriminator.",
        )
    ]
