"""The function `compare`, which answers whether augmentation helps on given data."""

from __future__ import annotations

import numbers
import os
from collections.abc import Iterator
from typing import Any

import joblib
import numpy as np
from sklearn.utils import check_random_state
from tqdm.auto import tqdm

from gan_augment.benchmark.competitors import check_methods
from gan_augment.benchmark.identity import identity
from gan_augment.benchmark.inputs import open_problem
from gan_augment.benchmark.learners import check_learners
from gan_augment.benchmark.protocol import Job, Protocol, Row, make_folds, run_job
from gan_augment.benchmark.results import BenchmarkResult, make_result
from gan_augment.benchmark.scores import check_scoring
from gan_augment.benchmark.storage import Store, cell_of, fingerprint
from gan_augment.benchmark.workers import run_in_workers


def compare(
    X: Any,
    y: Any,
    *,
    methods: Any = "default",
    learners: Any = "default",
    scoring: Any = "default",
    cv: Any = 3,
    seeds: int = 1,
    pos_label: Any = None,
    n_jobs: int | None = None,
    max_seconds: float | None = None,
    output: str | os.PathLike[str] | None = None,
    retry_failures: bool = False,
    random_state: int | np.random.RandomState | None = 0,
    verbose: int = 1,
) -> BenchmarkResult:
    """Score learners with and without augmentation, on the same folds and on real rows only.

    Every method sees the training rows of a fold and nothing else; every score is of test rows
    that are real and untouched. A method that adds rows does so once per fold, and all learners
    share its rows.

    Parameters
    ----------
    X : DataFrame or array of shape (n_rows, n_columns)
        Numbers, strings, categories and booleans; values may be missing.
    y : array-like of shape (n_rows,)
        Class labels.
    methods : "default", str, object, list or dict, default="default"
        What to compare: names (see :data:`gan_augment.benchmark.METHODS`), objects with
        ``fit_resample``, functions of a learner that return a classifier, a list of these, or a
        dict of name to any of these. "none" is always among them. Objects are cloned, and their
        ``random_state`` is set anew for every fold.
    learners : "default", str, classifier, list or dict, default="default"
        Names (see :data:`gan_augment.benchmark.LEARNERS`) or classifiers, which get frames.
    scoring : "default", str, list of str, or dict, default="default"
        Scores to report, the first being the one to judge by (see
        :data:`gan_augment.benchmark.SCORES`); all of them are kept. A dict of name to a function of
        (classifier, X, y) adds your own, greater being better, and reports them first.
    cv : int or splitter, default=3
        Stratified folds, or how to split.
    seeds : int, default=1
        How often to repeat everything, with other folds and another seed for the methods; 1 with a
        splitter.
    pos_label : label, optional
        The class that binary scores are about; by default the rarest.
    n_jobs : int, optional
        How many processes work; None for one, -1 for one per core.
    max_seconds : float, optional
        How long a method may take to make its rows for a fold, and how long fitting and scoring
        one learner may take (for methods that change the learner, that is all their work). What
        takes longer is ended, and the result says so; with `output`, a longer time needs
        `retry_failures`.
    output : path-like, optional
        Folder for results, each written the moment it is known. The same call with the same folder
        goes on where the last one stopped. Results of another version of this package are refused,
        and so are those of your own functions and classes where their code, or code of yours that
        they call, was edited. Not noticed are changes of installed packages, of lists, dicts and
        frames that your code names, and of what it imports within a function.
    retry_failures : bool, default=False
        Whether to try again what failed or took too long in an earlier run.
    random_state : int, RandomState or None, default=0
        What decides folds and the methods' seeds.
    verbose : int, default=1
        0 is silent, 1 shows progress.

    Returns
    -------
    BenchmarkResult
        Tables, ranks, a picture and a page. What failed is among its rows, with the reason.

    Raises
    ------
    ValueError
        Before any work, if a name or number is not one that can be used, `X` or `y` cannot be
        learned from, folds cannot be made of them, or `output` cannot be written, is written by
        another run, has a broken file or holds the results of something else.
    TypeError
        Before any work, if a method, learner or score is of a kind that cannot be compared.
    RuntimeError
        If a process of `n_jobs` or `max_seconds` could not be started.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from gan_augment.benchmark import compare
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> result = compare(X, y, methods=["none", "smote"], learners="logistic_regression",
    ...                  cv=3, verbose=0)
    >>> result.table().shape[0]
    2
    """
    problem = open_problem(X, y, pos_label)
    chosen = check_methods(methods, problem.X)
    named = check_learners(learners, problem.X)
    names, own_scorers = check_scoring(scoring)
    n_workers = _check_costs(seeds, n_jobs, max_seconds)
    entropy = _check_random_state(random_state, output)
    folds = make_folds(problem, cv, seeds, entropy)
    protocol = Protocol(problem, folds, chosen, named, own_scorers, entropy)

    store = Store(output)
    identities = {
        "methods": {name: method.identity for name, method in chosen.items()},
        "learners": {name: identity(learner) for name, learner in named.items()},
    }
    try:
        store.open(fingerprint(protocol, identities))
        if retry_failures:
            store.drop([row for row in store.rows if row["status"] in ("failed", "timeout")])
        todo, total = _unfinished(protocol, store.rows)
        inline = n_workers == 1 and max_seconds is None
        rows = (
            _run_here(protocol, todo)
            if inline or not todo
            else run_in_workers(protocol, todo, n_workers, max_seconds)
        )
        left = sum(len(job.learners) for job in todo)
        with tqdm(total=total, initial=total - left, disable=not verbose, unit="fit") as bar:
            for row in rows:
                store.append(row)
                bar.set_postfix_str(f"{row['method']}, {row['learner']}", refresh=False)
                bar.update()
    finally:
        store.close()
    return make_result(store.rows, names, (list(chosen), list(named)))


def _run_here(protocol: Protocol, jobs: list[Job]) -> Iterator[Row]:
    for job in jobs:
        for _, row in run_job(protocol, job):
            if row is not None:
                yield row


def _unfinished(protocol: Protocol, rows: list[Row]) -> tuple[list[Job], int]:
    """The work that is left, and how many results there are to be in all."""
    known = {cell_of(row) for row in rows}
    todo, total = [], 0
    for job in protocol.jobs():
        total += len(job.learners)
        left = tuple(
            name for name in job.learners if (job.method, name, job.seed, job.fold) not in known
        )
        if left:
            todo.append(Job(job.seed, job.fold, job.method, left))
    return todo, total


def _check_costs(seeds: int, n_jobs: int | None, max_seconds: float | None) -> int:
    if not isinstance(seeds, numbers.Integral) or seeds < 1:
        raise ValueError(f"seeds={seeds!r} is not a number of repetitions. Use 1 or more.")
    if max_seconds is not None and not max_seconds > 0:
        raise ValueError(f"max_seconds={max_seconds!r} leaves no time. Use a positive number.")
    if n_jobs is None:
        return 1
    if not isinstance(n_jobs, numbers.Integral) or n_jobs == 0:
        raise ValueError(f"n_jobs={n_jobs!r} is not a number of processes. Use 1 or more, or -1.")
    return max(1, int(n_jobs) if n_jobs > 0 else joblib.cpu_count() + 1 + int(n_jobs))


def _check_random_state(random_state: Any, output: Any) -> int:
    if isinstance(random_state, numbers.Integral):
        if random_state < 0:
            raise ValueError(f"random_state={random_state} is negative. Use 0 or more.")
        return int(random_state)
    if output is not None:
        raise ValueError(
            f"random_state={random_state!r} with output={str(output)!r}: a run can be resumed only "
            "if it is repeatable. Pass an integer."
        )
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    return int(check_random_state(random_state).randint(2**31 - 1))
