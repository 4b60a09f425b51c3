from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial

import pandas as pd
import pytest
from samplers import Broken, Repeat, Spy
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import gan_augment
from gan_augment.benchmark import SCORES, compare

QUICK = {"learners": "logistic_regression", "cv": 3, "verbose": 0}


def scores(result):
    return result.cells[["method", "learner", "seed", "fold", "status", *SCORES]]


def test_a_second_run_computes_nothing(mixed, tmp_path):
    log, out = tmp_path / "log", tmp_path / "out"
    methods = {"spy": Spy(str(log))}
    first = compare(*mixed, methods=methods, output=out, **QUICK)
    again = compare(*mixed, methods=methods, output=out, **QUICK)
    assert len(log.read_text().splitlines()) == 3
    pd.testing.assert_frame_equal(first.cells, again.cells)


def test_a_half_written_line_is_dropped_and_computed_again(mixed, tmp_path):
    whole = compare(*mixed, methods="smote", output=tmp_path, **QUICK)
    rows = tmp_path / "rows.jsonl"
    content = rows.read_bytes()
    rows.write_bytes(content[: len(content) - 40])
    resumed = compare(*mixed, methods="smote", output=tmp_path, **QUICK)
    pd.testing.assert_frame_equal(scores(whole), scores(resumed))
    assert all(json.loads(line) for line in rows.read_text().splitlines())


@pytest.mark.parametrize(
    ("name", "broken", "words"),
    [
        ("rows.jsonl", b'{"method": "no\n', r"broken line, number 2 of rows\.jsonl.*Delete that"),
        ("rows.jsonl", b"[1, 2]\n", r"broken line, number 2 of rows\.jsonl.*Delete that"),
        ("rows.jsonl", b'{"method": "none"}\n', r"broken line, number 2 of rows\.jsonl"),
        ("settings.json", b'{"format": 2', r"broken settings\.json.*Restore that file"),
    ],
)
def test_a_broken_file_is_named_and_let_go_of(mixed, tmp_path, name, broken, words):
    whole = compare(*mixed, methods="none", output=tmp_path, **QUICK)
    content = (tmp_path / name).read_bytes()
    first, rest = content.split(b"\n", maxsplit=1)
    (tmp_path / name).write_bytes(first + b"\n" + broken + rest if name == "rows.jsonl" else broken)
    with pytest.raises(ValueError, match=words) as refusal:
        compare(*mixed, methods="none", output=tmp_path, **QUICK)
    assert repr(str(tmp_path)) in str(refusal.value)
    (tmp_path / name).write_bytes(content)
    # The traceback of the refusal is alive, as it is in a notebook.
    again = compare(*mixed, methods="none", output=tmp_path, **QUICK)
    pd.testing.assert_frame_equal(scores(whole), scores(again))


def test_methods_and_learners_can_be_added_later(mixed, tmp_path):
    compare(*mixed, methods="random_over", output=tmp_path, **QUICK)
    both = compare(*mixed, methods=["random_over", "smote"], output=tmp_path, **QUICK)
    fresh = compare(*mixed, methods=["random_over", "smote"], **QUICK)
    pd.testing.assert_frame_equal(scores(both), scores(fresh))
    fewer = compare(*mixed, methods="smote", output=tmp_path, **QUICK)
    assert fewer.methods == ["none", "smote"]


def test_failures_are_tried_again_only_when_asked(mixed, tmp_path):
    methods = {"mine": Broken()}
    compare(*mixed, methods=methods, output=tmp_path, **QUICK)
    before = (tmp_path / "rows.jsonl").read_text()
    compare(*mixed, methods=methods, output=tmp_path, **QUICK)
    assert (tmp_path / "rows.jsonl").read_text() == before
    compare(*mixed, methods=methods, output=tmp_path, retry_failures=True, **QUICK)
    assert len((tmp_path / "rows.jsonl").read_text()) > len(before)


def test_a_folder_of_another_experiment_is_refused(mixed, tmp_path):
    X, y = mixed
    compare(X, y, methods={"mine": Repeat()}, output=tmp_path, **QUICK)
    other = X.assign(amount=X["amount"] + 1)
    with pytest.raises(ValueError, match="other data"):
        compare(other, y, methods="none", output=tmp_path, **QUICK)
    with pytest.raises(ValueError, match="other folds"):
        compare(X, y, methods="none", output=tmp_path, **QUICK | {"cv": 4})
    with pytest.raises(ValueError, match="other folds"):
        compare(X, y, methods="none", output=tmp_path, random_state=1, **QUICK)
    with pytest.raises(ValueError, match="another pos_label"):
        compare(X, y, methods="none", output=tmp_path, pos_label="usual", **QUICK)
    with pytest.raises(ValueError, match="methods named 'mine'"):
        compare(X, y, methods={"mine": Repeat(times=2)}, output=tmp_path, **QUICK)


def regularised(learner, C):
    return learner.set_params(C=C)


def test_functions_are_told_apart_by_what_they_do(mixed, tmp_path):
    def with_learner(C):
        return {"methods": {"mine": partial(regularised, C=C)}, "output": tmp_path / "methods"}

    compare(*mixed, **with_learner(0.1), **QUICK)
    compare(*mixed, **with_learner(0.1), **QUICK)
    with pytest.raises(ValueError, match="methods named 'mine'"):
        compare(*mixed, **with_learner(1.0), **QUICK)

    def scored(value):
        scoring = {"mine": lambda model, X, y: value}
        return {"methods": "none", "scoring": scoring, "output": tmp_path / "scores"}

    compare(*mixed, **scored(1.0), **QUICK)
    compare(*mixed, **scored(1.0), **QUICK)
    with pytest.raises(ValueError, match="other scorers"):
        compare(*mixed, **scored(2.0), **QUICK)


STUDY = """
import functools, types
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer

COST = 5
calls = 0

class Base:
    def made(self, X, y):
        return X, y

class Sampler(Base):
    def fit_resample(self, X, y):
        return self.made(X, y)

class Learner(LogisticRegression):
    def predict(self, X):
        return super().predict(X)

class Columns(TransformerMixin, BaseEstimator):
    wanted = ["a"]
    @property
    def known(self):
        return self.wanted
    @staticmethod
    def taken(X):
        return X
    def transform(self, X):
        return self.taken(X)

class Cost:
    def __call__(self, classifier, X, y):
        return 0.0
    def __repr__(self):
        return "Cost()"

def cost(truth, predicted):
    return COST * float((truth != predicted).mean())

def even(n):
    global calls
    calls += 1
    return n == 0 or odd(n - 1)

@functools.lru_cache
def odd(n):
    return n != 0 and even(n - 1)

def helper(learner):
    return learner if even(2) else None

def own(learner):
    return [helper(each) for each in [learner]][0]

studies = types.ModuleType("studies")
studies.raised = lambda learner: learner

SETTINGS = {
    "methods": {
        "sampler": Sampler(),
        "own": own,
        "attribute": lambda learner: studies.raised(learner),
    },
    "learners": {"learner": Learner()},
    "scoring": {"function": make_scorer(cost), "object": Cost()},
    "cv": 2,
    "verbose": 0,
}
"""


def study(source):
    namespace = {"__name__": "study"}
    exec(source, namespace)
    return namespace["SETTINGS"]


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        ("return X, y", "return X[:-1], y[:-1]", "methods named 'sampler'"),
        ("return self.made(X, y)", "return X, y", "methods named 'sampler'"),
        ("super().predict(X)", "super().predict(X)[::-1]", "learners named 'learner'"),
        ("n != 0 and", "n != 1 and", "methods named 'own'"),
        ("else None", "else 0", "methods named 'own'"),
        ("raised = lambda learner: learner", "raised = lambda learner: 0", "named 'attribute'"),
        ("COST * float", "float", "other scorers"),
        ("COST = 5", "COST = 6", "other scorers"),
        ("return 0.0", "return 1.0", "other scorers"),
    ],
)
def test_results_of_code_that_was_edited_are_refused(numeric, tmp_path, before, after, refused):
    compare(*numeric, output=tmp_path, **study(STUDY))
    rows = (tmp_path / "rows.jsonl").read_bytes()
    compare(*numeric, output=tmp_path, **study(f"# defined anew\n{STUDY}calls = 3\n"))
    assert (tmp_path / "rows.jsonl").read_bytes() == rows
    assert STUDY.count(before) == 1
    with pytest.raises(ValueError, match=refused):
        compare(*numeric, output=tmp_path, **study(STUDY.replace(before, after)))


def test_results_of_another_version_are_refused(numeric, tmp_path, monkeypatch):
    compare(*numeric, methods="none", output=tmp_path, **QUICK)
    monkeypatch.setattr(gan_augment, "__version__", "0.0.1")
    with pytest.raises(ValueError, match="another version of gan_augment"):
        compare(*numeric, methods="none", output=tmp_path, **QUICK)


IDENTITIES = """
from gan_augment.benchmark.identity import identity

class Held:
    def __init__(self):
        self.names, self.rng = {"a", "b", "c"}, np.random.RandomState(3)
        self.table, self.other = np.array(["x", None], dtype=object), np.random.default_rng(1)

def recursive(n):
    def step(k):
        return k in {"p", "q", "r"} or step(k - 1)
    return step

print(identity([Held(), recursive(3), lambda x: x in {"u", "v", "w"}, SETTINGS, Columns()]))
"""


def test_identities_are_those_of_every_process():
    texts = {
        subprocess.run(
            [sys.executable, "-c", STUDY + IDENTITIES],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1
    assert b" at 0x" not in texts.pop()


def test_learners_that_hold_functions_are_known_again(mixed, tmp_path):
    for _ in range(2):
        held = {}
        exec("def numbers(X):\n    return X.select_dtypes('number').fillna(0)", held)
        learner = make_pipeline(FunctionTransformer(held["numbers"]), GaussianNB())
        settings = QUICK | {"learners": {"piped": learner}}
        compare(*mixed, methods="none", output=tmp_path, **settings)


def test_an_unwritable_folder_is_refused_before_any_work(mixed, tmp_path):
    file = tmp_path / "file"
    file.write_text("in the way")
    with pytest.raises(ValueError, match="cannot be written"):
        compare(*mixed, methods=Broken(), output=file / "below", **QUICK)


def test_a_run_in_progress_keeps_others_out(mixed, tmp_path):
    fcntl = pytest.importorskip("fcntl")
    compare(*mixed, methods="none", output=tmp_path, **QUICK)
    with (tmp_path / "rows.jsonl").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match="another run"):
            compare(*mixed, methods="none", output=tmp_path, **QUICK)


SCRIPT = """
import sys
from sklearn.datasets import load_breast_cancer
from gan_augment.benchmark import compare
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
compare(X.iloc[:, :4], y, methods=["random_over", "smote"], learners="hist_gradient_boosting",
        cv=3, seeds=2, verbose=0, output=sys.argv[1])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_killed_and_started_again_it_ends_with_the_same_table(tmp_path):
    from sklearn.datasets import load_breast_cancer

    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path / "killed")])
    rows = tmp_path / "killed" / "rows.jsonl"
    try:
        _wait_for(lambda: rows.exists() and rows.read_bytes().count(b"\n") >= 2)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    kept = rows.read_bytes().count(b"\n")
    assert 2 <= kept < 18
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    settings = {"methods": ["random_over", "smote"], "learners": "hist_gradient_boosting"}
    settings |= {"cv": 3, "seeds": 2, "verbose": 0}
    resumed = compare(X.iloc[:, :4], y, output=tmp_path / "killed", **settings)
    whole = compare(X.iloc[:, :4], y, **settings)
    pd.testing.assert_frame_equal(scores(resumed), scores(whole))


def _wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the run wrote nothing"
        time.sleep(0.005)
