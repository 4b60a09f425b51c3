"""Samplers and problems that say what was asked of them."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.naive_bayes import GaussianNB

from gan_augment.gate.candidates import (
    gate_recipes,
)
from gan_augment.gate.folds import Problem

COUNTS = np.array([100, 40, 5])
Y = np.repeat(["a", "b", "c"], COUNTS)
CLASSES = np.array(["a", "b", "c"])


class NoMemory:
    def cache(self, function):
        return function


class Numbered(BaseEstimator):
    """Rows that tell their place; learns all classes unless told otherwise."""

    def __init__(self, sampling_strategy="auto", random_state=None):
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state

    def fit(self, X, y):
        self.n_rows_ = len(y)
        return self

    def sample(self, *, y):
        return np.column_stack([np.arange(len(y)), np.full(len(y), 7.0)])


class Resampler(BaseEstimator):
    """Appends as many rows as asked for; knows no `sample`."""

    def __init__(self, sampling_strategy="auto", drop=0):
        self.sampling_strategy = sampling_strategy
        self.drop = drop

    def fit_resample(self, X, y):
        missing = {k: n - int(np.sum(y == k)) for k, n in self.sampling_strategy.items()}
        labels = np.repeat(list(missing), list(missing.values()))
        new = np.full((len(labels), X.shape[1]), 7.0)
        both = np.concatenate([X, new]), np.concatenate([y, labels])
        return tuple(part[self.drop :] for part in both)


def problem_of(estimator=None, classes=(0, 1), positive=1, scorer=None, augmenter=None):
    estimator = GaussianNB() if estimator is None else estimator
    augmenter = Numbered() if augmenter is None else augmenter
    return Problem(estimator, augmenter, np.array(classes), positive, scorer, NoMemory())


def recipes_of(counts=COUNTS, **options):
    given = {
        "whole_set": True,
        "rules": ["all", "border"],
        "priors": ["weighted", "corrected"],
        "amounts": [1.0, "auto"],
    }
    return gate_recipes(np.array(counts), **given | options)
