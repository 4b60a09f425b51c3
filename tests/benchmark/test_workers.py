from __future__ import annotations

import pandas as pd
from samplers import Chatty, Dying, Repeat, Slow
from sklearn.model_selection import StratifiedShuffleSplit

from gan_augment.benchmark import SCORES, compare

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


def test_what_is_slow_or_dies_is_a_row_and_the_rest_goes_on(mixed):
    methods = {"dying": Dying(), "slow": Slow(), "fine": Repeat()}
    result = compare(*mixed, methods=methods, n_jobs=2, max_seconds=3, **QUICK)
    found = result.failures().set_index("method")
    assert found.loc["slow", "status"] == "timeout"
    assert found.loc["slow", "reason"] == "took longer than max_seconds=3 while making rows"
    assert found.loc["dying", "reason"] == "the process died with exit code 9 while making rows"
    assert set(found.index) == {"dying", "slow"}
    assert (result.cells.query("method == 'fine'")["status"] == "ok").all()
