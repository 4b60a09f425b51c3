"""Denoising: PSNR and SSIM beside scikit-image's denoisers, and a classifier of noisy images.

Tasks, each on images that were not trained on:

- ``photographs``: train on one of scikit-learn's two sample photographs, test on the other, and the
  reverse;
- ``fashion``: 10,000 training images of Fashion-MNIST, 500 of its test images;
- ``digits``: accuracy of classifiers on scikit-learn's 8 x 8 digits with Gaussian noise of half
  their range, with and without the denoiser before them in a Pipeline.

The first two are done with Gaussian noise of 25 in 8 bits, and with one value in ten lost to salt
and pepper. Rivals for the former are non-local means, total variation and wavelets, each with the
parameters that ``calibrate_denoiser`` finds on the noisy images ("psnr"), and with those that come
closest to the answers, which nobody has ("best"); for the latter, medians of 3 x 3 and 5 x 5.

``python examples/benchmarks/denoising.py --tasks digits`` takes a minute. Results are appended to a
file as they come, and a second run goes on from there. Needs the ``images`` extra.
"""

from __future__ import annotations

import argparse
import json
import time
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.ndimage import median_filter
from sklearn.datasets import load_digits, load_sample_images
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

from gan_augment import ImageDenoiser
from gan_augment.benchmark.datasets import load_idx

try:
    import matplotlib.pyplot as plt
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity
    from skimage.restoration import (
        calibrate_denoiser,
        denoise_nl_means,
        denoise_tv_chambolle,
        denoise_wavelet,
    )
except ImportError as error:
    raise SystemExit(
        f'{error}. This draws, and compares with scikit-image: pip install "gan-augment[images]"'
    ) from error

LEVELS = {"gaussian": 25 / 255, "salt_and_pepper": 0.1}
DIGITS_LEVEL = 0.5
PHOTOGRAPHS = {"china to flower": (0, 1), "flower to china": (1, 0)}
CLASSIFIERS = {
    "logistic regression": LogisticRegression(max_iter=5_000),
    "5 neighbours": KNeighborsClassifier(),
    "support vector machine": SVC(C=10),
}


def add_noise(images, noise, seed):
    """8-bit images with noise."""
    rng = np.random.default_rng(seed)
    if noise == "gaussian":
        noisy = images + 255 * LEVELS[noise] * rng.standard_normal(images.shape)
    else:
        drawn, half = rng.random(images.shape), LEVELS[noise] / 2
        noisy = np.where(drawn < half, 0, np.where(drawn > 1 - half, 255, images))
    return np.rint(noisy).clip(0, 255).astype(np.uint8)


def rivals(noise, axis):
    """By name: a function of an image and a denoiser's parameters, and values to choose from."""
    if noise != "gaussian":

        def median(image, size):
            return median_filter(image, (size, size) if axis is None else (size, size, 1))

        return {"median": (median, {"size": [3, 5]})}
    sigma = LEVELS[noise]
    of_wavelets = {
        "sigma": sigma * np.array([0.6, 0.8, 1.0, 1.2]),
        "method": ["BayesShrink", "VisuShrink"],
        "convert2ycbcr": [False] if axis is None else [False, True],
    }
    of_means = {
        "h": sigma * np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
        "patch_size": [5, 7],
        "patch_distance": [6, 9],
    }
    return {
        "nl_means": (partial(denoise_nl_means, sigma=sigma, channel_axis=axis), of_means),
        "tv_chambolle": (
            partial(denoise_tv_chambolle, channel_axis=axis),
            {"weight": np.arange(0.02, 0.22, 0.02)},
        ),
        "wavelet": (
            partial(denoise_wavelet, rescale_sigma=True, channel_axis=axis),
            of_wavelets,
        ),
    }


def calibrated(function, grid, noisy):
    """Parameters by the self-supervised loss, on a part of a photograph or 16 small images."""
    sample = noisy[0][100:356, 200:456]
    if len(noisy) > 1:
        sample = np.block([[noisy[4 * i + j] for j in range(4)] for i in range(4)])
    options = {"approximate_loss": True, "extra_output": True}
    _, (tried, losses) = calibrate_denoiser(sample, function, denoise_parameters=grid, **options)
    return tried[int(np.argmin(losses))]


def measure(made, clean, axis):
    """Means over images in [0, 1] of PSNR and SSIM."""
    made = np.clip(made, 0, 1)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    options |= {"data_range": 1.0, "channel_axis": axis}
    pairs = list(zip(clean, made, strict=True))
    return {
        "psnr": float(np.mean([peak_signal_noise_ratio(a, b, data_range=1.0) for a, b in pairs])),
        "ssim": float(np.mean([structural_similarity(a, b, **options) for a, b in pairs])),
    }


def run_rival(function, grid, noisy, clean, axis, *, calibrate):
    """Scores with the parameters that calibration takes, and with the best ones."""
    tried = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    few = slice(0, 50)
    scores = [
        measure([function(image, **p) for image in noisy[few]], clean[few], axis)["psnr"]
        for p in tried
    ]
    best = tried[int(np.argmax(scores))]
    chosen = calibrated(function, grid, noisy) if calibrate else best
    start = time.process_time()
    made = [function(image, **chosen) for image in noisy]
    seconds = time.process_time() - start
    at_best = measure([function(image, **best) for image in noisy], clean, axis)
    scores = measure(made, clean, axis)
    return {**scores, "best": at_best["psnr"], "apply_seconds": seconds, "chosen": str(chosen)}


def compare(case, noise, train, test, axis, seed, args, record):
    """The noisy images, the rivals and the denoiser, on images of 8 bits."""
    noisy = add_noise(test, noise, seed)
    clean, dirty = test / 255, noisy / 255
    record("noisy", lambda: measure(dirty, clean, axis))
    for name, (function, grid) in rivals(noise, axis).items() if args.rivals else ():
        calibrate = noise == "gaussian"
        record(
            name,
            partial(run_rival, function, grid, dirty, clean, axis, calibrate=calibrate),
        )

    def denoise(weight):
        denoiser = ImageDenoiser(
            noise=noise,
            noise_level=LEVELS[noise],
            adversarial_weight=weight,
            max_steps=args.max_steps,
            random_state=seed,
            verbose=1,
        )
        start = time.process_time()
        denoiser.fit(train)
        fitted = time.process_time()
        made = denoiser.transform(noisy)
        seconds = {
            "fit_seconds": fitted - start,
            "apply_seconds": time.process_time() - fitted,
            "steps": denoiser.n_steps_,
        }
        path = args.out.with_name(f"{case}_{noise}_{seed}.png".replace(" ", "_"))
        draw(path, noisy, made, test)
        return {**measure(made / 255, clean, axis), **seconds}

    for weight in args.weights:
        record(f"ImageDenoiser, weight {weight:g}", partial(denoise, weight))


def draw(path, noisy, made, clean):
    """Images before and after, beside the answers."""
    n_columns = min(len(noisy), 8)
    rows = {"noisy": noisy, "denoised": made, "clean": clean}
    if n_columns == 1:  # parts of a photograph
        corners = [(0, 0), (100, 200), (220, 60), (200, 400), (60, 500)]
        rows = {
            name: np.stack([images[0][i : i + 128, j : j + 128] for i, j in corners])
            for name, images in rows.items()
        }
        n_columns = len(corners)
    figure, axes = plt.subplots(
        3, n_columns, figsize=(1.6 * n_columns, 5), layout="constrained", squeeze=False
    )
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        line[0].set_ylabel(name)
        for cell, image in zip(line, images, strict=False):
            cell.imshow(image, cmap="gray", vmin=0, vmax=255)
            cell.set(xticks=[], yticks=[])
    figure.savefig(path, dpi=100)
    plt.close(figure)


def classify(seed, args, record):
    """Accuracy on noisy digits of classifiers of pixels."""
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.4, stratify=y, random_state=seed)
    rng = np.random.default_rng(seed)

    def noisy(rows):
        return rows + 16 * DIGITS_LEVEL * rng.standard_normal(rows.shape)

    denoiser = ImageDenoiser(
        noise_level=DIGITS_LEVEL, image_shape=(8, 8), max_steps=args.max_steps, random_state=seed
    )
    X_noisy, X_test = noisy(X), noisy(X_test)
    for name, classifier in CLASSIFIERS.items():
        model = make_pipeline(MinMaxScaler(), classifier)

        def accuracy(model, rows):
            return {"accuracy": model.fit(rows, y).score(X_test, y_test)}

        def denoised(model=model):
            steps = [denoiser, *[step for _, step in model.steps]]
            start = time.process_time()
            # One training for all classifiers.
            scores = accuracy(make_pipeline(*steps, memory=str(args.out.with_name("fitted"))), X)
            return {**scores, "fit_seconds": time.process_time() - start}

        record(f"{name}: learned from clean images", partial(accuracy, model, X))
        record(f"{name}: learned from noisy images", partial(accuracy, model, X_noisy))
        record(f"{name}: clean images, ImageDenoiser before it", denoised)


def run(args, out):
    """Do what is not yet in the file."""
    known = set()
    if out.exists():
        done = pd.read_json(out, lines=True)
        known = {tuple(key) for key in done[["case", "noise", "seed", "method"]].to_numpy()}

    def recorder(case, noise, seed):
        def record(method, work):
            if (case, noise, seed, method) in known:
                return
            line = {"case": case, "noise": noise, "seed": seed, "method": method, **work()}
            print(json.dumps(line), flush=True)
            with out.open("a") as file:
                file.write(json.dumps(line) + "\n")

        return record

    for seed, task in product(range(args.first_seed, args.first_seed + args.seeds), args.tasks):
        if task == "digits":
            classify(seed, args, recorder(task, "gaussian", seed))
            continue
        for noise in args.noises:
            if task == "fashion":
                rng = np.random.default_rng(seed)
                (train, _), (test, _) = (load_idx(args.data, part) for part in ("train", "t10k"))
                train, test = (
                    images[rng.choice(len(images), n, replace=False)]
                    for images, n in ((train, 10_000), (test, 500))
                )
                compare(task, noise, train, test, None, seed, args, recorder(task, noise, seed))
                continue
            images = [image[None] for image in load_sample_images().images]
            for case in args.cases:
                train, test = PHOTOGRAPHS[case]
                record = recorder(case, noise, seed)
                compare(case, noise, images[train], images[test], -1, seed, args, record)


def show(out):
    """Means over seeds of all that the file holds."""
    results = pd.read_json(out, lines=True)
    for (case, noise), part in results.groupby(["case", "noise"], sort=False):
        print(f"\n{case}, {noise}, {part['seed'].nunique()} seed(s)")
        numbers = part.drop(columns="seed").select_dtypes("number").columns
        table = part.groupby("method", sort=False)[list(numbers)].mean().dropna(axis=1, how="all")
        print(table.round(3).to_string(na_rep=""))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", nargs="+", choices=list(PHOTOGRAPHS), default=list(PHOTOGRAPHS))
    parser.add_argument("--tasks", nargs="+", choices=["photographs", "fashion", "digits"])
    parser.add_argument("--noises", nargs="+", choices=list(LEVELS), default=list(LEVELS))
    parser.add_argument("--data", default="data/fashion-mnist", help="folder of the idx files")
    parser.add_argument(
        "--weights", nargs="*", type=float, default=[None], help="of the game; none: rivals alone"
    )
    parser.add_argument("--no-rivals", action="store_false", dest="rivals")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--max-steps", default="auto", help="of the denoiser")
    parser.add_argument("--out", type=Path, default=Path("results/denoising.jsonl"))
    args = parser.parse_args()
    args.tasks = args.tasks or ["photographs", "fashion", "digits"]
    args.max_steps = args.max_steps if args.max_steps == "auto" else int(args.max_steps)
    default = ImageDenoiser().adversarial_weight
    args.weights = [default if weight is None else weight for weight in args.weights]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    run(args, args.out)
    show(args.out)


if __name__ == "__main__":
    main()
