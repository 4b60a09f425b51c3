import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from sklearn.datasets import load_breast_cancer, load_wine

from gan_augment import GANAugmenter, TabularGAN

# The same tables in every run of the tests; new ones, and many of them, at night.
settings.register_profile("fast", max_examples=300, deadline=None, derandomize=True)
settings.register_profile("nightly", max_examples=20_000, deadline=None, print_blob=True)
settings.load_profile("fast")


@pytest.fixture
def quick():
    """An augmenter that trains in a blink; for everything but the quality of its rows."""

    def make(**parameters):
        # From ten steps on a training is scored on the way, which takes longer than the steps.
        parameters = {"max_steps": 9, "random_state": 0, "device": "cpu", **parameters}
        backend = TabularGAN(generator_width=16, discriminator_width=16, depth=1, latent_dim=8)
        return GANAugmenter(**{"backend": backend, **parameters})

    return make


@pytest.fixture
def cancer():
    return load_breast_cancer(return_X_y=True, as_frame=True)


@pytest.fixture
def mixed():
    """Wine with columns of every common dtype derived from its own, and holes in most."""
    wine, y = load_wine(return_X_y=True, as_frame=True)
    rng = np.random.default_rng(0)
    strong = pd.cut(wine["alcohol"], 3, labels=["light", "medium", "strong"])
    X = pd.DataFrame(
        {
            "alcohol": wine["alcohol"],
            "hue": wine["hue"].astype("float32"),
            "magnesium": wine["magnesium"].astype("int64"),
            "proline": wine["proline"].astype("Int64"),
            "strength": strong.astype(str),
            "grade": strong,
            "dark": wine["color_intensity"] > 5,
            "bottled": pd.Timestamp("2019-01-01") + pd.to_timedelta(wine["proline"] // 3, unit="D"),
            "aged": pd.to_timedelta(wine["magnesium"].astype(int), unit="D"),
            "note": pd.array(np.where(wine["ash"] > 2.4, "full", "thin"), dtype="string"),
        }
    )
    for name in ("alcohol", "proline", "strength", "grade", "bottled", "note"):
        X.loc[rng.random(len(X)) < 0.15, name] = None
    labels = y.map({0: "barolo", 1: "grignolino", 2: "barbera"}).rename("cultivar")
    return X, labels
