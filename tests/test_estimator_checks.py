"""The promise to be an ordinary scikit-learn and imbalanced-learn estimator."""

import pytest
from imblearn.utils.estimator_checks import parametrize_with_checks as imblearn_checks
from sklearn.utils.estimator_checks import parametrize_with_checks as sklearn_checks

from gan_augment import GANAugmenter, TabularGAN

# The checks pass warned-of things on purpose, such as classes of very few rows.
pytestmark = pytest.mark.filterwarnings("ignore")

QUICK = GANAugmenter(
    backend=TabularGAN(
        generator_width=8, discriminator_width=8, depth=1, latent_dim=4, batch_size=32
    ),
    max_steps=5,
    device="cpu",
    random_state=0,
)


@sklearn_checks([QUICK])
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@imblearn_checks([QUICK])
def test_imbalanced_learn_contract(estimator, check):
    check(estimator)
