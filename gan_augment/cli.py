"""The command ``gan-augment``; needs the ``cli`` extra."""

from __future__ import annotations

import functools
import os
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd

import gan_augment
from gan_augment.csvfields import as_text, date_formats
from gan_augment.model import fitted_model
from gan_augment.options import (
    CLASS,
    OUTPUT,
    Checkpoint,
    Data,
    Debug,
    Device,
    Format,
    MaxSteps,
    MaxTime,
    OutputSeparator,
    Quiet,
    SafeCSV,
    Seed,
    Separator,
    Target,
    Version,
    as_options,
    as_strategy,
    typer,
)
from gan_augment.streaming import LabelledFrames, labelled_frames
from gan_augment.tablefiles import (
    FORMATS,
    STANDARD,
    check_output,
    open_output,
    read_table,
    write_csv,
    write_parquet,
)
from gan_augment.training.interrupts import interrupts_passed_on

app = typer.Typer(
    help="Synthetic rows from a GAN: fit a table, draw rows, see whether they help.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_ROWS_PER_BATCH = 50_000


@app.callback()
def _all_commands(version: Version = False) -> None:
    pass


def _command(example: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command whose errors are one line and whose help ends in examples."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def run(*args: Any, debug: bool, **kwargs: Any) -> None:
            # A script that goes on must not take a training cut short for a whole one.
            with warnings.catch_warnings(), interrupts_passed_on():
                warnings.showwarning = _show_warning
                try:
                    function(*args, debug=debug, **kwargs)
                except BrokenPipeError:
                    # The reader, such as head, has had enough; nothing is left to be flushed.
                    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                except (Exception, KeyboardInterrupt) as error:
                    if debug:
                        raise
                    interrupted = isinstance(error, KeyboardInterrupt)
                    reason = "interrupted" if interrupted else as_options(str(error))
                    typer.echo(f"gan-augment: {reason or type(error).__name__}", err=True)
                    raise typer.Exit(130 if interrupted else 1) from error

        lines = "\n".join(f"  {line}" for line in example.strip().splitlines())
        return app.command(epilog=f"\b\nExamples:\n{lines}")(run)

    return decorate


@_command("""
gan-augment fit data.csv --target churn -o churn.model
zcat data.csv.gz | gan-augment fit - -t churn -o churn.model --max-time 600
""")
def fit(
    data: Data,
    output: Annotated[str, typer.Option("--output", "-o", help="File for the model.")],
    target: Target = None,
    separator: Separator = None,
    max_steps: MaxSteps = None,
    max_time: MaxTime = None,
    device: Device = "auto",
    checkpoint: Checkpoint = None,
    seed: Seed = 0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Train on DATA and write the model."""
    check_output(output, "model")
    if output == STANDARD:
        raise ValueError("A model cannot go to standard output. Name a file: -o churn.model")
    X, y = _split(read_table(data, separator).frame, target)
    augmenter = _augmenter(max_steps, max_time, device, checkpoint, seed, quiet)
    # No class is to grow: rows are drawn with the shares of classes that DATA has.
    augmenter.set_params(sampling_strategy={}).fit(X, y).save(output)
    if not quiet:
        typer.echo(f"{output}: learned {len(X)} rows of {X.shape[1]} columns", err=True)


@_command("""
gan-augment sample churn.model -n 1000 -o rows.csv
gan-augment sample churn.model -n 1000 --class yes -o rows.parquet
gan-augment sample churn.model -n 5
""")
def sample(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="File that fit wrote.")],
    n: Annotated[int, typer.Option("-n", "--rows", min=1, help="How many rows.")],
    label: Annotated[str | None, typer.Option("--class", "-c", help=CLASS)] = None,
    output: Annotated[str, typer.Option("--output", "-o", help=OUTPUT)] = STANDARD,
    file_format: Format = None,
    separator: OutputSeparator = None,
    safe_csv: SafeCSV = False,
    seed: Seed = 0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Draw N rows from MODEL."""
    chosen = _check_format(output, file_format, safe_csv)
    if separator is not None and chosen != "csv":
        raise ValueError(
            f"--separator is for CSV, and output {output!r} is {chosen}. Leave it out."
        )
    augmenter = gan_augment.load(model)
    augmenter.verbose = int(not quiet)
    wanted = None if label is None else _label(augmenter, label)
    if chosen == "parquet":
        with open_output(output) as file:
            augmenter.sample_to_parquet(file, n, y=wanted, seed=seed)
        return
    specimen = LabelledFrames(augmenter._model, y=wanted, seed=seed, target=None).specimen()
    frames = labelled_frames(augmenter, n, _ROWS_PER_BATCH, y=wanted, seed=seed)
    write_csv(frames, output, separator or ",", date_formats(specimen), safe=safe_csv)


@_command("""
gan-augment augment data.csv --target churn -o augmented.csv
gan-augment augment data.csv -t churn --strategy 0.5 -o - | head
""")
def augment(
    data: Data,
    target: Annotated[str, typer.Option("--target", "-t", help="Column of class labels.")],
    output: Annotated[str, typer.Option("--output", "-o", help=OUTPUT)],
    strategy: Annotated[
        str,
        typer.Option(help="imbalanced-learn's sampling_strategy: auto, minority, 0.5 and so on."),
    ] = "auto",
    mark: Annotated[
        str, typer.Option(help="New column that is true for synthetic rows.")
    ] = "synthetic",
    file_format: Format = None,
    separator: Separator = None,
    safe_csv: SafeCSV = False,
    max_steps: MaxSteps = None,
    max_time: MaxTime = None,
    device: Device = "auto",
    checkpoint: Checkpoint = None,
    seed: Seed = 0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write DATA, unchanged, and synthetic rows of its small classes after it."""
    chosen = _check_format(output, file_format, safe_csv)
    wanted = as_strategy(strategy)
    table = read_table(data, separator)
    X, y = _split(table.frame, target)
    if mark in table.frame:
        raise ValueError(f"DATA has a column {mark!r} already. Choose another: --mark NAME")
    augmenter = _augmenter(max_steps, max_time, device, checkpoint, seed, quiet)
    augmenter.set_params(sampling_strategy=wanted)
    X_new, y_new = augmenter.fit_resample(X, y)
    synthetic = X_new.iloc[len(X) :].assign(**{target: y_new.iloc[len(X) :]})
    synthetic = synthetic[list(table.frame)].reset_index(drop=True)
    real = table.frame
    if chosen == "csv" and table.text is not None:
        real = table.text
        synthetic = as_text(synthetic, date_formats(table.frame, real))
        synthetic.columns = real.columns
    both = pd.concat([real, synthetic], ignore_index=True) if len(synthetic) else real.copy()
    both[mark] = [False] * len(real) + [True] * len(synthetic)
    if chosen == "parquet":
        write_parquet(both, output)
    else:
        found = table.separator if table.text is not None else separator or ","
        write_csv([both], output, found, date_formats(both), safe=safe_csv)
    if not quiet:
        typer.echo(f"{len(real)} real rows, {len(synthetic)} synthetic", err=True)


@_command("""
gan-augment benchmark data.csv --target churn
gan-augment benchmark data.csv -t churn --method smote --method gan -o results/
""")
def benchmark(
    data: Data,
    target: Annotated[str, typer.Option("--target", "-t", help="Column of class labels.")],
    method: Annotated[
        list[str] | None, typer.Option(help="Method to compare; give it again for more.")
    ] = None,
    learner: Annotated[
        list[str] | None, typer.Option(help="Learner to score; give it again for more.")
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Cross-validation folds.")] = 5,
    seeds: Annotated[int, typer.Option(min=1, help="Repetitions of everything.")] = 1,
    jobs: Annotated[int | None, typer.Option(help="Processes; -1 for one per core.")] = None,
    max_seconds: Annotated[
        float | None, typer.Option(help="Longest that one method may take on one fold.")
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Folder to keep results in, and resume.")
    ] = None,
    separator: Separator = None,
    seed: Seed = 0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Score learners on DATA with and without augmentation, on real rows only."""
    from gan_augment.benchmark import compare

    X, y = _split(read_table(data, separator).frame, target)
    result = compare(
        _dates_as_days(X),
        y,
        methods=method or "default",
        learners=learner or "default",
        cv=folds,
        seeds=seeds,
        n_jobs=jobs,
        max_seconds=max_seconds,
        output=output,
        random_state=seed,
        verbose=int(not quiet),
    )
    if output is not None:
        result.to_html(Path(output) / "report.html")
    means = result.table()[[(metric, "mean") for metric in result.scoring]].droplevel(1, axis=1)
    typer.echo(means.round(3).to_string())
    typer.echo("\n" + str(result))


@_command("""
gan-augment report real.csv rows.csv --target churn -o quality.html
gan-augment report real.csv rows.csv -t churn --holdout test.csv
""")
def report(
    data: Data,
    synthetic: Annotated[str, typer.Argument(metavar="SYNTHETIC", help="Rows to judge.")],
    target: Target = None,
    holdout: Annotated[
        str | None, typer.Option(help="Real rows that the generator has not seen.")
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="HTML page to write.")
    ] = None,
    separator: Separator = None,
    seed: Seed = 0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say how well SYNTHETIC rows, such as those of sample, stand in for the real DATA."""
    from gan_augment.evaluation import quality_report

    if output is not None:
        check_output(output, "html")
        if output == STANDARD:
            raise ValueError("The page cannot go to standard output. Name a file: -o quality.html")
    if [data, synthetic, holdout].count(STANDARD) > 1:
        raise ValueError(
            "Standard input can be read once. Name files for all but one of DATA, SYNTHETIC and "
            "--holdout."
        )
    real = read_table(data, separator).frame
    X, y = _split(real, target)
    X_new, y_new = _split(read_table(synthetic, separator, like=real).frame, target)
    X_held, y_held = None, None
    if holdout is not None:
        X_held, y_held = _split(read_table(holdout, separator, like=real).frame, target)
    found = quality_report(
        X,
        X_new,
        y_real=y,
        y_synthetic=y_new,
        holdout=X_held,
        y_holdout=y_held,
        random_state=seed,
        verbose=int(not quiet),
    )
    if output is not None:
        found.to_html(output)
    typer.echo(found.summary())


def main() -> None:
    """Run the command line."""
    # As an exception it lets temporary files be removed.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    app(prog_name="gan-augment")


def _augmenter(
    max_steps: int | None,
    max_time: float | None,
    device: str,
    checkpoint: str | None,
    seed: int,
    quiet: bool,
) -> gan_augment.GANAugmenter:
    return gan_augment.GANAugmenter(
        max_steps="auto" if max_steps is None else max_steps,
        max_time=max_time,
        checkpoint=checkpoint,
        device=device,
        random_state=seed,
        verbose=int(not quiet),
    )


def _dates_as_days(X: pd.DataFrame) -> pd.DataFrame:
    """Days since 1970 in the place of dates, which learners cannot read."""
    X = X.copy()
    for position, dtype in enumerate(X.dtypes):
        if pd.api.types.is_datetime64_any_dtype(dtype):
            utc = pd.to_datetime(X.iloc[:, position], utc=True).dt.tz_localize(None)
            seconds = utc.to_numpy().astype("datetime64[s]")
            days = np.where(np.isnat(seconds), np.nan, seconds.astype(np.float64) / 86_400)
            X.isetitem(position, days)
    return X


def _split(frame: pd.DataFrame, target: str | None) -> tuple[pd.DataFrame, pd.Series | None]:
    if target is None:
        return frame, None
    if target not in frame:
        raise ValueError(
            f"--target {target!r} is not a column of the data. Its columns are "
            f"{list(frame)!r:.300}. If they look joined, give --separator."
        )
    return frame.drop(columns=target), frame[target]


def _check_format(output: str, file_format: str | None, safe_csv: bool) -> str:
    if file_format is not None and file_format not in FORMATS:
        raise ValueError(f"--format {file_format!r} is not one of: {', '.join(FORMATS)}.")
    chosen = check_output(output, file_format)
    if safe_csv and chosen != "csv":
        raise ValueError(f"--safe-csv is for CSV, and output {output!r} is {chosen}. Leave it out.")
    return chosen


def _label(augmenter: gan_augment.GANAugmenter, text: str) -> Any:
    """The class that is written so."""
    classes = list(getattr(augmenter, "classes_", []))
    if not classes:
        raise ValueError("--class needs a model of classes; this one was fitted without --target.")
    for label in classes:
        if str(label) == text:
            return label
    target = fitted_model(augmenter).target
    code = None if target is None else target.code_of(text)
    if code is not None:  # a date may be written shorter than it prints
        return classes[code]
    raise ValueError(
        f"--class {text!r} is not one that was learned: {[str(label) for label in classes]!r:.300}."
    )


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    typer.echo(f"gan-augment: warning: {as_options(str(message))}", err=True)


if __name__ == "__main__":
    main()
