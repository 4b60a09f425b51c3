"""`AugmentedClassifier`: a classifier that adds synthetic rows to its training if they help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, _fit_context
from sklearn.utils import check_random_state, get_tags
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from gan_augment.frames import listed
from gan_augment.gate.folds import FoldScores, fit_candidates, score_folds, score_name
from gan_augment.gate.outcome import decide, tune_threshold
from gan_augment.gate.plan import (
    cannot_keep_prior,
    check_data,
    make_candidates,
    make_problem,
    make_splits,
)
from gan_augment.gate.rows import RULES
from gan_augment.gate.rule import evidence_asked


def _estimator_has(name: str) -> Any:
    def check(self: AugmentedClassifier) -> bool:
        getattr(getattr(self, "estimator_", self.estimator), name)
        return True

    return check


class AugmentedClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Classifier that adds synthetic rows inside `fit`, and only where they help.

    Works wherever a classifier does: in a Pipeline, a grid search, stacking, calibration. With
    ``amount="validate"`` inner cross-validation on real rows decides whether to add synthetic rows;
    where rows of every class are plenty, only if these are better by more than a standard error.
    Synthetic rows never reach a fold that scores.

    Parameters
    ----------
    estimator : classifier
        What learns from the real and synthetic rows. Cloned.
    augmenter : GANAugmenter or imbalanced-learn over-sampler, default=None
        What draws the synthetic rows; None is ``GANAugmenter()``. Cloned; its own
        `sampling_strategy` is replaced by what `amount` asks for.
    amount : "validate", float, str, dict or callable, default="validate"
        How many rows to add. A number is synthetic rows per real row of each class but the
        largest, never more than fill it to the size of the largest; 0 adds none. Anything else
        is a `sampling_strategy` of imbalanced-learn: "auto" fills every class. "validate" asks
        the inner folds.
    rows : {"auto", "all", "consistent", "border", "realistic"} or list, default="auto"
        Which synthetic rows to take. "consistent": those which the learner, cross-fitted on real
        rows, believes to be of their class more than the least believable fifth of its real rows;
        "border": those nearest to the border between the classes, as Borderline-SMOTE [2]_ prefers
        them; "realistic": drawn with the weights of discriminator rejection sampling [3]_, by a
        learner that tells real from synthetic rows. All but "all" need `predict_proba`. "validate"
        tries every rule of a list; a prescribed amount takes the first. "auto" is "all",
        "consistent" and "border" for "validate", and "all" for a prescribed amount.
    cv : int, cross-validation splitter or iterable of (train, test), default=5
        Inner folds of "validate" and of `threshold`. An int is cut to the size of the smallest
        class. A splitter gets `X` and `y`, and no groups: one for groups finds them in a column of
        `X`. Of an iterator `fit` makes a list. The augmenter is trained once per fold and once for
        the result, at most ``cv + 1`` times; once less where no rows are added in the end.
    scoring : str, callable or None, default=None
        What "validate" maximises. None is average precision of `pos_label` for two classes,
        and log loss for more; balanced accuracy where the learner gives neither probabilities
        nor scores. The name of a score of one class, such as "f1", is about `pos_label`; a
        scorer is about its own `pos_label`. Scores of labels are those before `threshold` is
        tuned.
    threshold : str, callable or None, default=None
        A score of predicted labels, such as "f1" (named ones are of `pos_label`),
        "balanced_accuracy" or the result of `make_scorer`, for which the decision threshold of
        `predict` is tuned on the inner folds, at no more trainings than these need anyway, as the
        mean of the best thresholds of bootstrap samples of their held-out rows. None leaves it
        alone. Two classes only.
    pos_label : label, default=None
        The class of two that named scores and `threshold_` are about. None is the rarer one among
        the rows that `fit` gets: where classes are nearly even, that may be another class in
        another fold, so name the one that you mean.
    keep_prior : bool, default=True
        Whether probabilities keep to the real classes' shares although the training rows do
        not: rows of a class weigh together what its real rows weighed, where the learner takes
        `sample_weight`, or else its probabilities are corrected for the change [1]_. "validate"
        tries both. False lets probabilities of the grown classes rise: `predict` then finds more
        of them, and the Brier score suffers.
    hedge : bool, default=True
        Whether "validate" compares adding none with a mean of the probabilities of all that it
        tries, rather than with each by itself: a choice among many is made by luck where rows are
        few, and a mean is not. The models of the inner folds, trained already, go into it, too.
        The price is many models in the result: five times six with ``cv=5``.
    evidence : "auto" or float, default="auto"
        Standard errors, over the inner folds, by which "validate" wants synthetic rows to beat
        none. "auto" is 1, the classical rule in favour of less, from 100 rows of the rarest class
        on, 0 at 50, and -1 up to 25: inner folds with so few rows can hardly tell, and rows are
        added unless these speak against it. Without `hedge` it is always 1, since the best of many
        is better by luck alone.
    random_state : int, RandomState instance or None, default=None
        An int makes everything reproducible: folds, and every `random_state` in `estimator` and
        `augmenter` that is None.
    n_jobs : int, default=None
        Inner folds run at a time, as in joblib.
    memory : str, joblib.Memory or None, default=None
        Where to keep fitted augmenters, as in scikit-learn's `Pipeline`. With an int
        `random_state`, a grid search over `estimator`, `amount` and most else, or a comparison of
        learners, then trains the augmenter once per fold rather than at every point.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    amount_ : float, str, dict or callable
        The amount that was used; 0.0 where none was added. After "validate", "auto" fills up to
        the largest class with at most 8 rows per real one.
    n_synthetic_ : dict
        Synthetic rows added to each class.
    n_trainings_ : int
        Trainings of the augmenter that this took, or draws of a training found in `memory`.
    report_ : str
        One line: what was chosen, why, and at how many trainings. Its scores are of the inner
        folds, before `threshold` is tuned.
    cv_results_ : dict of str to list or ndarray
        One entry per candidate: "params", "mean_test_score", "std_test_score", "mean_difference"
        from adding none and its "standard_error" (NaN with one fold), "mean_test_f1",
        "mean_test_accuracy" and "split0_test_score" and so on. F1 is of `positive_label_`, or the
        mean over more than two. Scores of labels are those before `threshold` is tuned. Empty
        without inner folds.
    best_index_ : int
        The candidate chosen, in `cv_results_`.
    threshold_ : float or None
        Score of `positive_label_` from which `predict` names it, if `threshold` is set.
    positive_label_ : label
        What named binary scores and `threshold_` are about: `pos_label`, or the rarer class.
    estimators_ : list of classifiers
        Fitted on the real rows and synthetic ones; with `hedge`, those of every inner fold, then
        those of all rows, of each the first on the real rows alone.
    estimator_ : classifier
        The last of them, fitted on most rows.
    augmenter_ : estimator or None
        The fitted augmenter; None where no rows were added.
    n_features_in_ : int
        Number of columns of `X`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of `X`, where it has string names.

    See Also
    --------
    GANAugmenter : The default augmenter.

    Notes
    -----
    "validate" compares adding none with a mean of five models, at one training of the augmenter per
    fold: on the real rows; with every class grown by its own size; with the smaller classes grown
    to the size of the largest (by at most 8 rows per real one) by all rows that come, by
    consistent ones, and by those near the border. Each gets other rows. Models of real rows alone
    weigh two thirds. Without `hedge` it compares none with each of the four by itself, and with a
    growth of the smaller classes by their own size.

    With fewer than about ten rows of a class the inner folds can tell little, and zero is the
    usual answer. With a class of one row nothing can be validated: no rows are added, with a
    warning. A number as `amount` adds them regardless.

    `fit` takes no `sample_weight`, since synthetic rows have none. Weights that follow from the
    class are the `class_weight` of `estimator`.

    References
    ----------
    .. [1] Saerens, Latinne & Decaestecker (2002), "Adjusting the outputs of a classifier to new
       a priori probabilities: a simple procedure", Neural Computation 14(1).
    .. [2] Han, Wang & Mao (2005), "Borderline-SMOTE: a new over-sampling method in imbalanced data
       sets learning", ICIC.
    .. [3] Azadi et al. (2019), "Discriminator rejection sampling", ICLR.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from gan_augment import GANAugmenter
    >>> from gan_augment import AugmentedClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> gate = AugmentedClassifier(LogisticRegression(), GANAugmenter(max_steps=20), cv=2)
    >>> model = make_pipeline(StandardScaler(), gate).fit(X, y)
    >>> model[-1].amount_ in (0.0, 1.0, "auto")
    True
    """

    _parameter_constraints: dict[str, Any] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "augmenter": [HasMethods(["fit_resample"]), None],
        "amount": [
            StrOptions({"validate", "auto", "minority", "not minority", "not majority", "all"}),
            Interval(Real, 0, None, closed="left"),
            Mapping,
            callable,
        ],
        "rows": [StrOptions({"auto", *RULES}), list, tuple],
        "cv": ["cv_object"],
        "scoring": [str, callable, None],
        "threshold": [str, callable, None],
        "pos_label": "no_validation",
        "keep_prior": ["boolean"],
        "hedge": ["boolean"],
        "evidence": [StrOptions({"auto"}), Interval(Real, None, None, closed="neither")],
        "random_state": ["random_state"],
        "n_jobs": "no_validation",
        "memory": [str, HasMethods(["cache"]), None],
    }

    def __init__(
        self,
        estimator: Any,
        augmenter: Any = None,
        *,
        amount: Any = "validate",
        rows: Any = "auto",
        cv: Any = 5,
        scoring: Any = None,
        threshold: Any = None,
        pos_label: Any = None,
        keep_prior: bool = True,
        hedge: bool = True,
        evidence: float | str = "auto",
        random_state: Any = None,
        n_jobs: int | None = None,
        memory: Any = None,
    ):
        self.estimator = estimator
        self.augmenter = augmenter
        self.amount = amount
        self.rows = rows
        self.cv = cv
        self.scoring = scoring
        self.threshold = threshold
        self.pos_label = pos_label
        self.keep_prior = keep_prior
        self.hedge = hedge
        self.evidence = evidence
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.memory = memory

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, **refused: Any) -> AugmentedClassifier:
        """Choose what to add, add it, and fit.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
            Real rows, of any kind that both `estimator` and `augmenter` take.
        y : array-like of shape (n_samples,)
            Their class labels.
        **refused
            Nothing; `sample_weight` is named here to be refused with the remedy.

        Returns
        -------
        self : AugmentedClassifier
            The fitted classifier.

        Raises
        ------
        TypeError
            If anything but `X` and `y` is passed.
        ValueError
            If a parameter, `X` or `y` cannot be used; before any training of the augmenter.
        """
        if refused:
            raise TypeError(
                f"AugmentedClassifier.fit takes X and y, and no {', '.join(refused)}: synthetic "
                "rows have none. Leave it out. For weights that follow from the class set "
                "class_weight of estimator; to weigh single rows, fit the augmenter and estimator "
                "yourself."
            )
        if isinstance(self.cv, Iterator):  # which the next fit would find used up
            self.cv = list(self.cv)
        X, y = check_data(X, y)
        validate_data(self, X=X, skip_check_array=True)
        seeds = np.random.SeedSequence(_entropy(self.random_state))
        problem = make_problem(self, y)
        candidates = make_candidates(self, problem, y)
        split_seed, final_seed = map(_int_of, seeds.spawn(2))
        splits = make_splits(self, X, y, problem, candidates, split_seed)
        folds: list[list[FoldScores]] = []
        if splits:
            fold_seeds = [_int_of(seed) for seed in seeds.spawn(len(splits))]
            folds = score_folds(problem, candidates, X, y, splits, fold_seeds, self.n_jobs)
        evidence = 1.0
        if any(len(candidate.recipes) > 1 for candidate in candidates):
            evidence = evidence_asked(int(problem.counts(y).min()))
        if self.evidence != "auto":
            evidence = float(self.evidence)
        name = getattr(self.scoring, "__name__", str(self.scoring))
        if self.scoring is None:
            name = score_name(problem)
        self.best_index_, self.cv_results_, reason = decide(candidates, folds, name, evidence)
        if cannot_keep_prior(self):
            reason += ", with keep_prior=True and a learner that cannot keep it"
        chosen = candidates[self.best_index_]
        fitted, pool = fit_candidates(problem, [chosen], X, y, final_seed)
        self._model = fitted[0]
        if len(chosen.recipes) > 1:
            inner = [fold[self.best_index_].model for fold in folds]
            self._model = self._model.with_members_of(inner)
        self.classes_ = problem.classes
        self.positive_label_ = problem.classes[problem.positive]
        self.estimators_ = [model for model, _ in self._model.members]
        self.estimator_ = self._model.estimator
        self.augmenter_ = None if pool is None else pool.augmenter
        self.amount_ = chosen.amount
        adds = any(candidate.adds for candidate in candidates)
        self.n_trainings_ = len(splits) * adds + (pool is not None)
        self.n_synthetic_ = dict(
            zip(listed(problem.classes), self._model.n_added.tolist(), strict=True)
        )
        self.threshold_ = None
        if self.threshold is not None:
            best = [fold[self.best_index_] for fold in folds]
            self.threshold_ = tune_threshold(self.threshold, problem, best, y, final_seed)
            reason += f", all before the threshold was tuned, to {self.threshold_:.3g}"
        self.report_ = f"{reason}; trainings of the augmenter: {self.n_trainings_}"
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Class of each row.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            The likeliest class or, with `threshold`, `positive_label_` from `threshold_` on.
        """
        check_is_fitted(self, "estimator_")
        if self.threshold_ is None:
            return self._model.predict(X)
        positive = int(self.classes_[1] == self.positive_label_)
        above = self._model.scores_of(X, positive) >= self.threshold_
        return self.classes_[np.where(above, positive, 1 - positive)]

    @available_if(_estimator_has("predict_proba"))
    def predict_proba(self, X: Any) -> np.ndarray:
        """Class probabilities; with `keep_prior`, those under the real classes' shares.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            One column per class, in the order of `classes_`.
        """
        check_is_fitted(self, "estimator_")
        return self._model.predict_proba(X)

    @available_if(_estimator_has("predict_proba"))
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Logarithms of `predict_proba`.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            One column per class, in the order of `classes_`.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    @available_if(_estimator_has("decision_function"))
    def decision_function(self, X: Any) -> np.ndarray:
        """The learner's decision values, or log-odds where its probabilities were changed.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        values : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Confidence in the second class, or in each.
        """
        check_is_fitted(self, "estimator_")
        return self._model.decision_function(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.classifier_tags = inner.classifier_tags
        tags.input_tags = inner.input_tags
        if self.augmenter is not None:
            outer = get_tags(self.augmenter).input_tags
            tags.input_tags.allow_nan = inner.input_tags.allow_nan and outer.allow_nan
        return tags


def _entropy(random_state: Any) -> int | None:
    if random_state is None:  # fresh entropy, which leaves NumPy's global generator alone
        return None
    return int(check_random_state(random_state).randint(2**31 - 1))


def _int_of(seed: np.random.SeedSequence) -> int:
    return int(seed.generate_state(1)[0] >> 1)
