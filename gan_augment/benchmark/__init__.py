"""Does augmentation help on your data? A fair comparison, with and without.

>>> from gan_augment.benchmark import compare
>>> result = compare(X, y)              # doctest: +SKIP
>>> print(result)                       # doctest: +SKIP
>>> result.plot().savefig("help.png")   # doctest: +SKIP
"""

from gan_augment.benchmark.competitors import METHODS
from gan_augment.benchmark.results import BenchmarkResult
from gan_augment.benchmark.runner import compare
from gan_augment.benchmark.scores import SCORES
from gan_augment.learners import LEARNERS

__all__ = ["LEARNERS", "METHODS", "SCORES", "BenchmarkResult", "compare"]
