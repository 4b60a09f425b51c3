"""The learners whose scores say whether augmentation helped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from sklearn.base import clone, is_classifier

from gan_augment.benchmark.inputs import unknown_name
from gan_augment.learners import LEARNERS, make_learner


def check_learners(learners: Any, X: pd.DataFrame) -> dict[str, Any]:
    """Unfitted learners by name."""
    if isinstance(learners, str):
        learners = LEARNERS if learners == "default" else [learners]
    if isinstance(learners, Mapping):
        named = {str(name): learner for name, learner in learners.items()}
    else:
        entries = list(learners) if isinstance(learners, (list, tuple)) else [learners]
        named = {e if isinstance(e, str) else type(e).__name__: e for e in entries}
        if len(named) != len(entries):
            raise ValueError(
                "learners has two entries of the same name. Pass a dict of name to learner."
            )
    if not named:
        raise ValueError(f"learners is empty. Name at least one of: {', '.join(LEARNERS)}.")
    return {name: _build(learner, X) for name, learner in named.items()}


def _build(learner: Any, X: pd.DataFrame) -> Any:
    if isinstance(learner, str):
        if learner not in LEARNERS:
            raise unknown_name("learners", learner, LEARNERS)
        return make_learner(learner, X)
    if not (hasattr(learner, "fit") and hasattr(learner, "predict") and is_classifier(learner)):
        raise TypeError(
            f"learners holds {learner!r:.100}, which is not a classifier. Pass names "
            f"({', '.join(LEARNERS)}) or classifiers with fit and predict."
        )
    return clone(learner)
