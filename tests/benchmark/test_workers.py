from __future__ import annotations

import subprocess
import threading

import pandas as pd
import pytest
from samplers import Chatty, Dying, Repeat, Slow
from sklearn.model_selection import StratifiedShuffleSplit

from gan_augment.benchmark import SCORES, compare, workers

ONE_FOLD = StratifiedShuffleSplit(1, random_state=0)
QUICK = {"learners": "logistic_regression", "cv": ONE_FOLD, "verbose": 0}


def test_two_processes_find_what_one_finds(mixed):
    def heavier(learner):  # cannot be imported by a worker: it is sent whole
        return learner.set_params(classifier__C=10.0)

    methods = [Chatty(), "smote", heavier]
    one = compare(*mixed, methods=methods, **QUICK)
    two = compare(*mixed, methods=methods, n_jobs=2, **QUICK)
    columns = ["method", "seed", "fold", "status", *SCORES]
    pd.testing.assert_frame_equal(one.cells[columns], two.cells[columns])


def test_a_process_that_is_started_while_the_run_ends_is_ended(mixed, monkeypatch):
    started, stopped, ended = [], [], threading.Event()

    class LatePopen(subprocess.Popen):
        def __init__(self, *args, **kwargs):
            started.append(self)
            if started[0] is self:
                raise OSError("no more processes")
            ended.wait(60)
            super().__init__(*args, **kwargs)

    stop = workers._Worker.stop

    def noted_stop(worker):
        stop(worker)
        stopped.append(worker)
        if len(stopped) == 2:
            ended.set()

    monkeypatch.setattr(workers.subprocess, "Popen", LatePopen)
    monkeypatch.setattr(workers._Worker, "stop", noted_stop)
    methods = {"one": Slow(), "two": Slow()}
    with pytest.raises(OSError, match="no more processes"):
        compare(*mixed, methods=methods, n_jobs=2, **QUICK)
    assert started[1].returncode is not None


def test_what_is_slow_or_dies_is_a_row_and_the_rest_goes_on(mixed):
    methods = {"dying": Dying(), "slow": Slow(), "fine": Repeat()}
    result = compare(*mixed, methods=methods, n_jobs=2, max_seconds=3, **QUICK)
    found = result.failures().set_index("method")
    assert found.loc["slow", "status"] == "timeout"
    assert found.loc["slow", "reason"] == "took longer than max_seconds=3 while making rows"
    assert found.loc["dying", "reason"] == "the process died with exit code 9 while making rows"
    assert set(found.index) == {"dying", "slow"}
    assert (result.cells.query("method == 'fine'")["status"] == "ok").all()
    assert "retry_failures=True" in str(result)
