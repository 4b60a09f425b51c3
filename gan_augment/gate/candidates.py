"""What the gate chooses among: how many synthetic rows, which ones, and what they weigh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import sklearn
from imblearn.utils import check_sampling_strategy
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from gan_augment.columns import FloatArray, IntArray
from gan_augment.frames import listed
from gan_augment.gate.supply import Pool

MOST_PER_ROW = 8  # the gate adds at most so many synthetic rows per real one of their class
_SHARE_OF_REAL = 2 / 3


@dataclass(frozen=True, eq=False)
class Recipe:
    """One way to augment, which gives one model.

    Attributes
    ----------
    amount : float, str or other
        What was asked for, as told to the user.
    ratios : ndarray of shape (n_classes,)
        Synthetic rows per real row of each class.
    rows : {"all", "consistent", "border", "realistic"}
        Which rows of the pool are taken.
    grow : {"minority", "every class"}
        Which classes grow.
    prior : {"kept", "weighted", "corrected", "moved"}
        What becomes of the class prior: nothing was added; or synthetic and real rows of a class
        weigh together what its real rows weighed; or the fitted probabilities are corrected for
        the change; or neither.
    """

    amount: Any
    ratios: FloatArray
    rows: str = "all"
    grow: str = "minority"
    prior: str = "moved"

    @property
    def adds(self) -> bool:
        """Whether it adds any row."""
        return bool(self.ratios.any())

    @property
    def params(self) -> dict[str, Any]:
        """What the user is told about it."""
        return {
            "amount": self.amount,
            "rows": self.rows,
            "grow": self.grow,
            "prior": self.prior,
        }

    def wanted(self, counts: IntArray) -> IntArray:
        """Rows to add to classes of these sizes."""
        return np.rint(self.ratios * counts).astype(np.int64)

    def __str__(self) -> str:
        if not self.adds:
            return "0 rows"
        if isinstance(self.amount, Real):
            whom = "every class" if self.grow == "every class" else "the smaller classes"
            amount = f"{self.amount:g} synthetic rows per real one of {whom}"
            if (self.ratios[self.ratios > 0] < float(self.amount)).any():
                amount += ", none grown beyond the largest"
        else:
            amount = f"synthetic rows by amount={self.amount!r:.60}"
        return f"{amount} ({self.rows} rows, prior {self.prior})"


@dataclass(frozen=True, eq=False)
class Candidate:
    """What the gate can choose: a recipe, or the mean of the models of several.

    Attributes
    ----------
    recipes : tuple of Recipe
        The one with most rows last.
    """

    recipes: tuple[Recipe, ...]

    @property
    def adds(self) -> bool:
        """Whether it adds any row."""
        return any(recipe.adds for recipe in self.recipes)

    @property
    def amount(self) -> Any:
        """The amount of the recipe with most rows."""
        return self.recipes[-1].amount

    @property
    def params(self) -> dict[str, Any]:
        """What the user is told about it: a value per recipe, where it has several."""
        told = [recipe.params for recipe in self.recipes]
        if len(told) == 1:
            return told[0]
        return {key: tuple(params[key] for params in told) for key in told[0]}

    @property
    def weights(self) -> FloatArray:
        """What the recipes' models weigh in the mean: those of real rows alone two thirds."""
        if len(self.recipes) == 1:
            return np.ones(1)
        adds = np.array([recipe.adds for recipe in self.recipes])
        shares = (1 - _SHARE_OF_REAL) / adds.sum(), _SHARE_OF_REAL / np.sum(~adds)
        return np.where(adds, *shares)

    def wanted(self, counts: IntArray) -> IntArray:
        """Rows to add to classes of these sizes, for all models together."""
        return np.sum([recipe.wanted(counts) for recipe in self.recipes], axis=0)

    def __str__(self) -> str:
        if len(self.recipes) == 1:
            return str(self.recipes[0])
        kinds = "; ".join(map(str, self.recipes))
        return f"a mean of {len(self.recipes)} kinds of models, with {kinds}"


def no_rows(counts: IntArray) -> Recipe:
    """The recipe that leaves the data alone."""
    return Recipe(0.0, np.zeros(len(counts)), prior="kept")


def fixed_recipe(amount: Any, y: np.ndarray, classes: np.ndarray, rows: str, prior: str) -> Recipe:
    """The recipe that the user prescribed by a number or a sampling strategy."""
    counts = np.array([np.count_nonzero(y == label) for label in classes])
    if isinstance(amount, Real):
        ratios = np.minimum(float(amount), counts.max() / counts - 1)
        return Recipe(float(amount), ratios, rows, prior=prior)
    strategy = amount(y) if callable(amount) else amount
    if isinstance(strategy, Mapping):
        unknown = [label for label in strategy if label not in listed(classes)]
        if unknown:
            raise ValueError(
                f"amount={strategy!r:.100} names the class {unknown[0]!r}, which y does not "
                f"contain. Its classes are {listed(classes)!r:.200}."
            )
    try:
        added = check_sampling_strategy(strategy, y, "over-sampling")
    except ValueError as error:
        sizes = dict(zip(listed(classes), counts.tolist(), strict=True))
        raise ValueError(
            f"amount={strategy!r:.100} is impossible for the class sizes {sizes!r:.200}: {error}"
        ) from error
    ratios = [added.get(label, 0) / n for label, n in zip(listed(classes), counts, strict=True)]
    return Recipe(amount, np.array(ratios), rows, prior=prior)


def gate_recipes(
    counts: IntArray,
    *,
    whole_set: bool,
    rules: Sequence[str],
    priors: Sequence[str],
    amounts: Sequence[Any],
) -> list[Recipe]:
    """No rows first, then the recipes that differ from it and from each other, small to large.

    Parameters
    ----------
    counts : ndarray of shape (n_classes,)
        Real rows per class.
    whole_set : bool
        Whether every class can grow.
    rules : sequence of str
        Rules for the choice of rows; the first is tried in every way.
    priors : sequence of str
        The ways to treat the class prior where the smaller classes grow alone.
    amounts : sequence of 1.0 and "auto"
        By how much the smaller classes grow.
    """
    fill = np.minimum(counts.max() / counts - 1, MOST_PER_ROW)
    ratios = {1.0: np.minimum(1.0, fill), "auto": fill}
    first, *others = rules
    found = [no_rows(counts)]
    if whole_set:
        found.append(Recipe(1.0, np.ones(len(counts)), first, "every class", "moved"))
    for prior in priors:
        found += [Recipe(amount, ratios[amount], first, prior=prior) for amount in amounts]
    found += [Recipe("auto", fill, rule, prior=prior) for rule in others for prior in priors[:1]]
    distinct: dict[tuple[Any, ...], Recipe] = {}
    for recipe in found:
        key = (recipe.rows, recipe.prior, *recipe.wanted(counts).tolist())
        if recipe.wanted(counts).any() or recipe is found[0]:
            distinct.setdefault(key, recipe)
    return sorted(distinct.values(), key=lambda recipe: recipe.wanted(counts).sum())


def gate_candidates(recipes: Sequence[Recipe], *, hedge: bool) -> list[Candidate]:
    """No rows, and the mean over all recipes or, without `hedge`, each recipe by itself."""
    if hedge and len(recipes) > 1:
        return [Candidate((recipes[0],)), Candidate(tuple(recipes))]
    return [Candidate((recipe,)) for recipe in recipes]


def rows_of(recipe: Recipe, pool: Pool, counts: IntArray, order: IntArray, start: int) -> IntArray:
    """Rows of the pool that the recipe takes.

    Parameters
    ----------
    recipe : Recipe
        What to take.
    pool : Pool
        What there is.
    counts : ndarray of shape (n_classes,)
        Real rows per class.
    order : ndarray of int
        Rows of the pool in the order of the recipe's rule, those that it rejects left out.
    start : int
        Where in the order of each class to begin; it goes on at its front when it ends. Recipes
        that are averaged begin at different places, so that their rows differ.
    """
    taken = []
    for code, n in enumerate(recipe.wanted(counts)):
        mine = order[pool.codes[order] == code]
        taken.append(np.roll(mine, -(start % len(mine)))[:n] if len(mine) else mine)
    return np.concatenate(taken)


def prior_factors(codes: IntArray, counts: IntArray) -> FloatArray:
    """Per class, its real rows over all its rows: the weights under which the prior is kept."""
    return counts / np.bincount(codes, minlength=len(counts))


def weight_parameter(estimator: Any) -> str | None:
    """Name of the fit parameter that takes sample weights, or None; looks into pipelines."""
    if isinstance(estimator, Pipeline):
        if any(hasattr(step, "fit_resample") for _, step in estimator.steps):
            return None  # rows and weights would part
        if sklearn.get_config()["enable_metadata_routing"]:  # weights go where users send them
            return None
        step, last = estimator.steps[-1]
        name = None if last in (None, "passthrough") else weight_parameter(last)
        return None if name is None else f"{step}__{name}"
    return "sample_weight" if has_fit_parameter(estimator, "sample_weight") else None
