"""A progress bar for training."""

from __future__ import annotations

from typing import Any

from tqdm.auto import tqdm


class ProgressBar:
    """Shows steps, the latest held-out score and the device."""

    def __init__(self, n_steps: int, *, description: str):
        self._bar = tqdm(total=n_steps, desc=description, unit="step", dynamic_ncols=True)

    def update(self, step: int, record: dict[str, Any] | None = None) -> None:
        """Move to `step`, and show a history record if there is one."""
        self._bar.update(step - self._bar.n)
        if record:
            self._bar.set_postfix(
                score=f"{record['score']:.3f}",
                d=f"{record['discriminator_loss']:.2f}",
                g=f"{record['generator_loss']:.2f}",
            )

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()
