"""A training that does not fit in memory: smaller batches, and at last the processor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import torch

from gan_augment.notices import warn_user
from gan_augment.training.distributed import ranks
from gan_augment.training.recipe import Recipe

Result = TypeVar("Result")
_SMALLEST_BATCH = 32


def within_memory(
    attempt: Callable[[Recipe, torch.device], Result], recipe: Recipe, device: torch.device
) -> tuple[Result, torch.device]:
    """What `attempt` returns with as much of the recipe's batch as memory has room for, and where.

    Where memory runs out, it is made again from the start with half the batch, down to 32 rows;
    then on the CPU; each time with a warning.

    Parameters
    ----------
    attempt : callable
        Trains from the start, by a recipe and on a device.
    recipe, device : Recipe, torch.device
        What to begin with.

    Raises
    ------
    MemoryError
        If there is no smaller way left.
    """
    whole_batch, first_device = recipe.batch_size, device
    while True:
        try:
            return attempt(recipe, device), device
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error) or ranks().size > 1:
                raise
            reason = str(error).splitlines()[0] if str(error) else "out of memory"
        # What the failed attempt held has died with its traceback, at the end of the clause above.
        if device.type == "cuda":
            torch.cuda.empty_cache()
        if recipe.batch_size > _SMALLEST_BATCH:
            recipe = replace(recipe, batch_size=max(_SMALLEST_BATCH, recipe.batch_size // 2))
            change = f"batches of {recipe.batch_size} rows"
        elif device.type != "cpu":
            recipe, device = replace(recipe, batch_size=whole_batch), torch.device("cpu")
            change = "the CPU, which is slower"
        else:
            raise MemoryError(
                f"There is not enough memory to train on {first_device}, nor with batches of "
                f"{recipe.batch_size} rows: {reason:.200}. Use fewer rows or columns, narrower "
                "networks or a larger machine."
            )
        warn_user(
            f"Memory on {first_device} ran out ({reason:.200}). Training starts again with "
            f"{change}.",
            RuntimeWarning,
        )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on any device."""
    if isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)):
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and any(
        phrase in words
        for phrase in ("out of memory", "can't allocate memory", "not enough memory")
    )
