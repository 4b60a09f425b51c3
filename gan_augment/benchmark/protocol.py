"""One fold, one method: what the method may see, what is timed, what is scored.

The method gets a copy of the training rows and their labels, nothing else. The learners are fitted
on what it returns and scored on the test rows, which are real, untouched, and the same for every
method.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold, check_cv

from gan_augment.benchmark.competitors import Method, with_seed
from gan_augment.benchmark.inputs import NotApplicableError, Problem
from gan_augment.benchmark.meter import Meter
from gan_augment.benchmark.scores import Scorer, score
from gan_augment.training.interrupts import interrupts_passed_on

Row = dict[str, Any]
Fold = tuple[np.ndarray, np.ndarray]

MAKING_ROWS = "making rows"


@dataclass(frozen=True)
class Job:
    """A method on a fold, for the learners that are still to be scored."""

    seed: int
    fold: int
    method: str
    learners: tuple[str, ...]


@dataclass(frozen=True)
class Protocol:
    """Everything that decides the scores.

    Attributes
    ----------
    problem : Problem
        The data.
    folds : list of list of (train, test)
        ``folds[seed][fold]``: the same for every method.
    methods, learners, scorers : dict
        By name.
    random_state : int
        What all randomness is derived from.
    """

    problem: Problem
    folds: list[list[Fold]]
    methods: Mapping[str, Method]
    learners: Mapping[str, Any]
    scorers: Mapping[str, Scorer]
    random_state: int

    def jobs(self) -> list[Job]:
        """All the work, fold by fold, so that every method has scores early."""
        return [
            Job(seed, fold, name, learners)
            for seed, folds in enumerate(self.folds)
            for fold in range(len(folds))
            for name, method in self.methods.items()
            for learners in self._together(method)
        ]

    def _together(self, method: Method) -> list[tuple[str, ...]]:
        """Learners share a method's rows or its memory; otherwise each is on its own."""
        if method.wrap is None or method.joint:
            return [tuple(self.learners)]
        return [(name,) for name in self.learners]


def make_folds(problem: Problem, cv: Any, seeds: int, random_state: int) -> list[list[Fold]]:
    """Stratified folds, shuffled anew for every seed; those of a splitter as they are."""
    if isinstance(cv, (int, np.integer)) and not isinstance(cv, bool):
        rarest, count = _rarest(problem)
        if cv < 2:
            raise ValueError(f"cv={cv} leaves nothing to test on. Use at least 2 folds.")
        if count < cv:
            remedy = f"Use cv={count} or less" if count >= 2 else "Add rows of it, or leave it out"
            raise ValueError(
                f"cv={cv} folds need at least {cv} rows of every class, and class {rarest!r} has "
                f"{count}. {remedy}."
            )
        splitters = [
            StratifiedKFold(int(cv), shuffle=True, random_state=derive(random_state, seed))
            for seed in range(seeds)
        ]
        return [list(splitter.split(problem.X, problem.y)) for splitter in splitters]
    try:
        folds = list(check_cv(cv, problem.y, classifier=True).split(problem.X, problem.y))
    except ValueError as error:
        if "groups" not in str(error):
            raise
        raise ValueError(
            f"cv={cv!r:.80} needs groups, which compare does not take. Pass the folds that it "
            "makes: cv=list(cv.split(X, y, groups))."
        ) from error
    if not folds:
        raise ValueError(
            f"cv={cv!r:.80} gives no folds; an iterator does so once used. Pass a splitter, or a "
            "list of (train, test)."
        )
    for number, (train, _) in enumerate(folds):
        if len(np.unique(problem.y[train])) < 2:
            raise ValueError(f"cv: training fold {number} has one class. Use stratified folds.")
    if seeds > 1:
        raise ValueError(
            f"seeds={seeds} would repeat the folds of cv={cv!r:.80}, which are always the same, "
            "and count them as if they were others. Use an int as cv, or seeds=1 and a splitter "
            "that repeats, such as RepeatedStratifiedKFold."
        )
    return [folds]


def derive(random_state: int, *path: int) -> int:
    """A seed for one piece of the work, independent of the others' and of their order."""
    state = np.random.SeedSequence([random_state, *path]).generate_state(1)[0]
    return int(state % np.uint32(2**31 - 1))


def run_job(protocol: Protocol, job: Job) -> Iterator[tuple[str, Row | None]]:
    """Do the work, and yield the name of every stage before it and its row after it."""
    train, _ = protocol.folds[job.seed][job.fold]
    X, y = protocol.problem.X, protocol.problem.y
    method = protocol.methods[job.method]
    seed = derive(protocol.random_state, job.seed, job.fold)
    train_rows = X.iloc[train].reset_index(drop=True)
    if method.make_sampler is None:
        made = _Outcome(value=(train_rows, y[train]), seconds=0.0)
    else:
        yield MAKING_ROWS, None
        made = _attempt(partial(_augment, method, train_rows, y[train], seed))
    with TemporaryDirectory() as memory:
        if method.joint and method.wrap is not None:
            method = replace(method, wrap=partial(method.wrap, memory=memory))
        for name in job.learners:
            yield name, None
            yield name, _judge(protocol, job, method, name, made, seed)


def _judge(
    protocol: Protocol, job: Job, method: Method, name: str, made: _Outcome, seed: int
) -> Row:
    """Fit one learner on the rows that the method made, and score it on the test rows."""
    train, test = protocol.folds[job.seed][job.fold]
    base: Row = {"n_train": len(train), "n_test": len(test), "augment_seconds": made.seconds}
    if made.status != "ok":
        return row_of(job, name, made.status, made.reason, **base)
    X_made, y_made = made.value
    learner = with_seed(clone(protocol.learners[name]), seed)
    problem = protocol.problem
    fitted = _attempt(partial(_fit, method, learner, X_made, y_made, problem, seed))
    base |= {
        "n_added": len(y_made) - len(train),
        "fit_seconds": fitted.seconds,
        "peak_memory_mb": float(np.fmax(made.megabytes, fitted.megabytes)),
        "notes": "; ".join(dict.fromkeys(made.notes + fitted.notes)),
    }
    if fitted.status != "ok":
        return row_of(job, name, fitted.status, fitted.reason, **base)
    X_test = problem.X.iloc[test].reset_index(drop=True)
    scored = _attempt(
        partial(score, fitted.value, X_test, problem.y[test], problem, protocol.scorers)
    )
    return row_of(job, name, scored.status, scored.reason, **base, **(scored.value or {}))


def row_of(job: Job, learner: str, status: str, reason: str = "", **more: Any) -> Row:
    """A row of the results."""
    row: Row = {"method": job.method, "learner": learner, "seed": job.seed, "fold": job.fold}
    return row | {"status": status, "reason": reason} | more


@dataclass
class _Outcome:
    """What came of one step."""

    value: Any = None
    status: str = "ok"
    reason: str = ""
    seconds: float = float("nan")
    megabytes: float = float("nan")
    notes: tuple[str, ...] = ()


def _attempt(step: Callable[[], Any]) -> _Outcome:
    """Run `step`; an error is an outcome, and warnings are notes."""
    outcome = _Outcome()
    with warnings.catch_warnings(record=True) as caught, Meter() as meter:
        warnings.simplefilter("always")
        try:
            outcome.value = step()
        except NotApplicableError as error:
            outcome.status, outcome.reason = "skipped", str(error)
        except Exception as error:
            outcome.status, outcome.reason = "failed", _in_a_line(error)
    outcome.seconds, outcome.megabytes = meter.seconds, meter.megabytes
    telling = (w for w in caught if not issubclass(w.category, _CHATTER))
    outcome.notes = tuple(f"{w.category.__name__}: {str(w.message)[:120]}" for w in telling)
    return outcome


_CHATTER = (FutureWarning, DeprecationWarning, PendingDeprecationWarning, ResourceWarning)


def _in_a_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:400]}"


def _augment(
    method: Method, own: pd.DataFrame, y: np.ndarray, seed: int
) -> tuple[pd.DataFrame, np.ndarray]:
    assert method.make_sampler is not None
    with interrupts_passed_on():
        made, labels = method.make_sampler(seed).fit_resample(own.copy(), y.copy())
    return _checked(made, labels, own, y)


def _checked(made: Any, labels: Any, own: pd.DataFrame, y: np.ndarray) -> Any:
    """What a method returned, if learners can be fitted on it."""
    if not isinstance(made, pd.DataFrame) and hasattr(made, "to_pandas"):
        made = made.to_pandas()
    if not isinstance(made, pd.DataFrame):
        made = pd.DataFrame(np.asarray(made), columns=own.columns).infer_objects()
    labels = np.asarray(labels)
    if list(made.columns) != list(own.columns):
        raise ValueError(f"fit_resample returned the columns {list(made.columns)!r:.200}")
    if labels.shape != (len(made),):
        raise ValueError(
            f"fit_resample returned {len(made)} rows and labels of shape {labels.shape}"
        )
    strange = set(np.unique(labels).tolist()) - set(np.unique(y).tolist())
    if strange:
        raise ValueError(f"fit_resample returned unknown labels: {sorted(map(repr, strange))}")
    for name in own.columns:
        if made[name].dtype != own[name].dtype and own[name].dtype.kind not in "iu":
            made = made.assign(**{name: made[name].astype(own[name].dtype)})
    return made.reset_index(drop=True), labels.astype(y.dtype)


def _fit(
    method: Method, learner: Any, X: pd.DataFrame, y: np.ndarray, problem: Problem, seed: int
) -> Any:
    if method.wrap is None:
        return learner.fit(X, y)
    own = Problem(X.copy(), y.copy(), problem.classes, problem.positive)
    with interrupts_passed_on():
        return method.wrap(learner, own, seed).fit(own.X, own.y)


def _rarest(problem: Problem) -> tuple[Any, int]:
    labels, counts = np.unique(problem.y, return_counts=True)
    return labels[counts.argmin()].item(), int(counts.min())
