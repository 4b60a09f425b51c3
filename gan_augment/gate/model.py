"""A fitted candidate: models of real and synthetic rows, set right and averaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if

from gan_augment.classes import aligned_probabilities
from gan_augment.columns import FloatArray


def _fitted_has(name: str) -> Any:
    def check(model: Any) -> bool:
        getattr(model.estimator, name)
        return True

    return check


class FittedCandidate(ClassifierMixin, BaseEstimator):
    """Predictions of a candidate: a weighted mean of its models' probabilities.

    Parameters
    ----------
    members : list of (classifier, ndarray of shape (n_classes,) or None)
        Fitted models and what their probabilities are multiplied by, and normalised again, since
        the classes' shares in their training differed from the real ones by the inverse (Saerens
        et al., 2002).
    classes : ndarray of shape (n_classes,)
        Class labels, sorted.
    n_added : ndarray of shape (n_classes,)
        Synthetic rows of each class that its models were fitted on, all together.
    weights : ndarray of shape (n_members,)
        Weights of the members in the mean.
    """

    def __init__(
        self,
        members: list[tuple[Any, FloatArray | None]],
        classes: Any,
        n_added: Any,
        weights: FloatArray,
    ):
        self.members = members
        self.classes = classes
        self.n_added = n_added
        self.weights = weights

    def with_members_of(self, others: Sequence[FittedCandidate]) -> FittedCandidate:
        """The mean of the same candidate's models on other rows and these, which come last.

        References
        ----------
        Breiman (1996), "Bagging predictors", Machine Learning 24(2), for why a mean over
        samples of the rows is better than one model.
        """
        everyone = [*others, self]
        members = [member for candidate in everyone for member in candidate.members]
        weights = np.concatenate([candidate.weights for candidate in everyone])
        return FittedCandidate(members, self.classes, self.n_added, weights)

    @property
    def estimator(self) -> Any:
        """The last model, fitted on most rows."""
        return self.members[-1][0]

    @property
    def classes_(self) -> np.ndarray:
        """Class labels."""
        return self.classes

    @property
    def as_it_is(self) -> bool:
        """Whether one learner's own answers are the candidate's."""
        return len(self.members) == 1 and self.members[0][1] is None

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest class."""
        if self.as_it_is:
            return self.estimator.predict(X)
        return self.classes[self.predict_proba(X).argmax(axis=1)]

    @available_if(_fitted_has("predict_proba"))
    def predict_proba(self, X: Any) -> FloatArray:
        """Class probabilities."""
        if self.as_it_is and len(self.estimator.classes_) == len(self.classes):
            return self.estimator.predict_proba(X)
        each = [self._probabilities(X, *member) for member in self.members]
        return np.average(each, axis=0, weights=self.weights)

    def _probabilities(self, X: Any, model: Any, factors: FloatArray | None) -> FloatArray:
        probabilities = aligned_probabilities(model, X, self.classes)
        if factors is None:
            return probabilities
        probabilities = probabilities * factors
        return probabilities / probabilities.sum(axis=1, keepdims=True)

    @available_if(_fitted_has("decision_function"))
    def decision_function(self, X: Any) -> FloatArray:
        """The learner's own, or log-odds of the probabilities where these were changed."""
        if self.as_it_is:
            return self.estimator.decision_function(X)
        tiny = np.finfo(np.float64).tiny
        logs = np.log(np.clip(self.predict_proba(X), tiny, None))
        return logs[:, 1] - logs[:, 0] if len(self.classes) == 2 else logs

    def scores_of(self, X: Any, positive: int) -> FloatArray:
        """How much each row of a binary problem looks like the positive class."""
        if hasattr(self, "predict_proba"):
            return self.predict_proba(X)[:, positive]
        decision = self.decision_function(X)
        return decision if positive == 1 else -decision
