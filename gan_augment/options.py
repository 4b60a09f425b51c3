"""What the commands of ``gan-augment`` are asked with, and errors in these words."""

from __future__ import annotations

import re
from typing import Annotated, Any

import gan_augment

try:
    import typer as typer
except ImportError as missing:
    raise SystemExit(
        'The command line needs typer. Install it with: pip install "gan-augment[cli]"'
    ) from missing

_INPUT = "CSV or Parquet file, or - for standard input."
OUTPUT = "CSV or Parquet file, or - for standard output."
CLASS = "Class of all rows; without it classes come in the shares that they had."
_NAMES = {
    "checkpoint": "--checkpoint",
    "cv": "--folds",
    "device": "--device",
    "learners": "--learner",
    "max_seconds": "--max-seconds",
    "max_time": "--max-time",
    "methods": "--method",
    "n_jobs": "--jobs",
    "output": "--output",
    "sampling_strategy": "--strategy",
    "seeds": "--seeds",
}
_STRATEGIES = ("auto", "minority", "not minority", "not majority", "all")
_PARAMETER = re.compile(rf"\b({'|'.join(_NAMES)})=")
_LEFT_OUT = re.compile(rf"leave ({'|'.join(_NAMES)})=None")
_OF_ESTIMATOR = re.compile(rf"The '({'|'.join(_NAMES)})' parameter of \w+")


def as_options(message: str) -> str:
    """The message in one line, with options in the place of the parameters that they set."""
    message = " ".join(message.split())
    message = _LEFT_OUT.sub(lambda found: f"leave out {_NAMES[found[1]]}", message)
    message = _OF_ESTIMATOR.sub(lambda found: _NAMES[found[1]], message)
    return _PARAMETER.sub(lambda found: f"{_NAMES[found[1]]} ", message)


def as_strategy(text: str) -> Any:
    """What imbalanced-learn takes for a strategy that is written so."""
    try:
        return float(text)
    except ValueError:
        if text in _STRATEGIES:
            return text
    raise ValueError(
        f"--strategy {text!r} is neither a number such as 0.5 nor one of: {', '.join(_STRATEGIES)}."
    )


def _check_separator(separator: str | None) -> str | None:
    if separator == r"\t":
        return "\t"
    if separator is not None and (len(separator) != 1 or separator in '"\r\n'):
        raise typer.BadParameter(
            rf"{separator!r} is not one character between fields, such as ';' or '\t'."
        )
    return separator


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"gan-augment {gan_augment.__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
    ),
]

Data = Annotated[str, typer.Argument(metavar="DATA", help=_INPUT)]
Target = Annotated[str | None, typer.Option("--target", "-t", help="Column of class labels.")]
Separator = Annotated[
    str | None,
    typer.Option(
        "--separator",
        callback=_check_separator,
        help="Between the fields of a CSV; found by default.",
    ),
]
OutputSeparator = Annotated[
    str | None,
    typer.Option("--separator", callback=_check_separator, help="Of a CSV; a comma by default."),
]
Format = Annotated[str | None, typer.Option("--format", help="csv or parquet; by the file's name.")]
SafeCSV = Annotated[
    bool,
    typer.Option(
        "--safe-csv",
        help="Put an apostrophe before text that a spreadsheet would run as a formula.",
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Same seed, same rows.")]
MaxSteps = Annotated[int | None, typer.Option("--max-steps", min=1, help="Most training steps.")]
MaxTime = Annotated[float | None, typer.Option("--max-time", help="Most seconds of training.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")]
Checkpoint = Annotated[
    str | None, typer.Option("--checkpoint", help="File to resume training from after a crash.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on standard error.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
