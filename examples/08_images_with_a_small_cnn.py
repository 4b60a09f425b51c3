"""Images: fill rare classes with a GAN, then train a small convolutional network on them.

Digits of 8 x 8 pixels (scikit-learn's bundled set), from 100 images of the first class down to 6
of the last. The network is trained as is, on randomly shifted images, and with mixup (Zhang et al.
2018), each with and without the images of ``fit_resample``. About a minute on a laptop.
"""

import warnings

import numpy as np
import pandas as pd
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional as F  # noqa: N812

from gan_augment import FewRowsWarning, GANAugmenter

COUNTS = [100, 75, 55, 40, 30, 22, 16, 12, 8, 6]
SEEDS = range(3)
N_STEPS = 400


def load(seed):
    """Few training images of the last classes, and a test set of all digits alike."""
    digits = load_digits()
    X, X_test, y, y_test = train_test_split(
        digits.images, digits.target, test_size=0.4, stratify=digits.target, random_state=seed
    )
    kept = np.concatenate([np.flatnonzero(y == c)[:n] for c, n in enumerate(COUNTS)])
    return X[kept], y[kept], X_test, y_test


def shifted(images, rng):
    """Every image moved by a pixel or not at all, in both directions."""
    moves = torch.randint(0, 3, (len(images), 2), generator=rng).tolist()
    padded = F.pad(images, (1, 1, 1, 1), mode="replicate")
    return torch.stack(
        [p[:, i : i + 8, j : j + 8] for p, (i, j) in zip(padded, moves, strict=True)]
    )


def train(X, y, how, seed):
    """A small network after `N_STEPS` batches of 64 images."""
    rng, shares = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    images = torch.tensor(X[:, None] / 16, dtype=torch.float32)
    labels = F.one_hot(torch.tensor(y)).float()
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10),
    )  # fmt: skip
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, N_STEPS)
    for _ in range(N_STEPS):
        rows = torch.randint(len(images), (64,), generator=rng)
        batch, targets = images[rows], labels[rows]
        if how == "shift":
            batch = shifted(batch, rng)
        if how == "mixup":
            share = shares.beta(0.4, 0.4)
            other = torch.randperm(64, generator=rng)
            batch = share * batch + (1 - share) * batch[other]
            targets = share * targets + (1 - share) * targets[other]
        optimizer.zero_grad()
        F.cross_entropy(network(batch), targets).backward()
        optimizer.step()
        schedule.step()
    return network


def macro_f1(network, X, y):
    """Mean over the classes of F1."""
    with torch.no_grad():
        predicted = network(torch.tensor(X[:, None] / 16, dtype=torch.float32)).argmax(dim=1)
    return f1_score(y, predicted.numpy(), average="macro")


def main():
    scores = []
    for seed in SEEDS:
        X, y, X_test, y_test = load(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FewRowsWarning)
            filled = GANAugmenter(random_state=seed).fit_resample(X, y)
        for training_set, data in (("real images", (X, y)), ("and the GAN's", filled)):
            print(f"seed {seed}: {len(data[0])} {training_set}", flush=True)
            for how in ("as it is", "shift", "mixup"):
                score = macro_f1(train(*data, how, seed), X_test, y_test)
                scores.append({"training set": training_set, "how": how, "macro-F1": score})
    table = pd.DataFrame(scores).pivot_table("macro-F1", "training set", "how", sort=False)
    print(f"\nmacro-F1 on real test images, mean of {len(SEEDS)} seeds\n")
    print(table.round(3).to_string())


if __name__ == "__main__":
    main()
