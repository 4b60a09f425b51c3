"""How long to train, how wide, and what a teacher has to say, by the size of the table."""

from __future__ import annotations

from typing import Any

import numpy as np

_LEAST_SAY = 0.5
_FEW_ROWS = 3_000


def default_steps(n_rows: int) -> int:
    """Steps for a table of `n_rows`: 600 for a handful, 4,000 from 4,300 rows on."""
    return int(np.clip(900 * (max(n_rows, 1) / 500) ** 0.7, 600, 4_000))


def default_widths(n_rows: int) -> tuple[int, int]:
    """Widths of generator and discriminator for a table of `n_rows`."""
    return (64, 128) if n_rows < 500 else (128, 192)


def default_teacher_weight(n_rows: int) -> float:
    """A teacher's say in the classes: half of it for few rows, all for many."""
    return _LEAST_SAY + (1 - _LEAST_SAY) * n_rows / (n_rows + _FEW_ROWS)


def default_label_sharpness(n_rows: int) -> float:
    """How much surer than they are classes are made: twice up to 3,000 rows, once at many."""
    return 1 + min(1.0, _FEW_ROWS / max(n_rows, 1))


def choose_architecture(parameters: dict[str, Any], n_rows: int) -> dict[str, dict[str, Any]]:
    """Options of both networks, resolved: a model outlives the defaults it was made with."""
    generator_width, discriminator_width = default_widths(n_rows)
    shared = {"depth": int(parameters["depth"]), "activation": str(parameters["activation"])}
    return {
        "generator": {
            "latent_dim": int(parameters["latent_dim"]),
            "width": _given(parameters["generator_width"], generator_width),
            "normalization": str(parameters["normalization"]),
            "temperature": float(parameters["temperature"]),
            **shared,
        },
        "discriminator": {
            "width": _given(parameters["discriminator_width"], discriminator_width),
            "n_frequencies": int(parameters["n_frequencies"]),
            "normalization": "none",
            **shared,
        },
    }


def _given(value: int | str, automatic: int) -> int:
    return automatic if value == "auto" else int(value)
