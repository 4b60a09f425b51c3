"""What a piece of work costs: seconds, and the memory it adds at its peak."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


class Meter:
    """Context manager that measures what its body costs.

    Attributes
    ----------
    seconds : float
        Wall-clock time.
    megabytes : float
        Growth of the process' resident memory at its highest; NaN where the system does not tell
        (elsewhere than on Linux).
    """

    seconds = float("nan")
    megabytes = float("nan")

    def __enter__(self) -> Meter:
        self._resident = _reset_peak()
        self._start = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.seconds = time.perf_counter() - self._start
        if self._resident is not None:
            self.megabytes = max(0.0, (_field("VmHWM") - self._resident) / 1024)


def _reset_peak() -> float | None:
    """Forget the process' earlier peak; its resident kilobytes now, None where unknown."""
    try:
        _CLEAR.write_text("5")
        return _field("VmRSS")
    except (OSError, ValueError):
        return None


def _field(name: str) -> float:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return float(line.split()[1])
    raise ValueError(f"{_STATUS} has no {name}")
