"""Noise taken out of images: of a photograph, and before a classifier.

A denoiser that has seen one of scikit-learn's sample photographs cleans the other one; another one
stands in a plain scikit-learn Pipeline before a classifier of noisy digits. About two minutes on a
laptop. Photographs need Pillow: pip install "gan-augment[images]".
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits, load_sample_images
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from gan_augment import ImageDenoiser

RESULTS = Path("results")
LEVEL = 25 / 255
N_STEPS = 1_000  # by default it takes 2,500


def photographs():
    """Pictures before and after, and their PSNR."""
    china, flower = (image[None] for image in load_sample_images().images)
    denoiser = ImageDenoiser(noise_level=LEVEL, max_steps=N_STEPS, random_state=0, verbose=1)
    denoiser.fit(china)
    noisy = denoiser.add_noise(flower)
    made = denoiser.transform(noisy)
    scores = denoiser.score_images(noisy, flower)
    RESULTS.mkdir(exist_ok=True)
    figure, axes = plt.subplots(1, 3, figsize=(9, 3.4), layout="constrained")
    titles = (
        f"noisy, {scores['psnr_noisy']:.1f} dB",
        f"denoised, {scores['psnr']:.1f} dB",
        "clean",
    )
    for cell, title, images in zip(axes, titles, (noisy, made, flower), strict=True):
        cell.imshow(images[0][100:260, 200:360])
        cell.set_title(title)
        cell.set(xticks=[], yticks=[])
    figure.savefig(RESULTS / "denoising.png", dpi=80)
    print(f"Picture: {RESULTS / 'denoising.png'}\n")
    return scores


def digits():
    """Accuracy on noisy digits, with and without the denoiser in the Pipeline."""
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.4, stratify=y, random_state=0)
    X_test = X_test + np.random.default_rng(0).normal(0, 8, X_test.shape)
    denoiser = ImageDenoiser(noise_level=0.5, image_shape=(8, 8), random_state=0)
    rows = {}
    for classifier in (LogisticRegression(max_iter=5_000), KNeighborsClassifier()):
        rows[type(classifier).__name__] = {
            "without": classifier.fit(X, y).score(X_test, y_test),
            "with": make_pipeline(denoiser, classifier).fit(X, y).score(X_test, y_test),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def main():
    scores = photographs()
    print("The other photograph, before and after:")
    print(pd.Series(scores).round(3).to_string(), "\n")
    print("Accuracy on noisy digits, without and with a denoiser in the Pipeline:")
    print(digits().round(3).to_string())


if __name__ == "__main__":
    main()
