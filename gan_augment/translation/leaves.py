"""Dead leaves: images of shapes that cover each other, which have the statistics of scenes."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from gan_augment.backends.image.border import Images
from gan_augment.columns import FloatArray

N_IMAGES, SIDE = 32, 96
_N_LEAVES = 600
_SMALLEST, _LARGEST = 1.0, 60.0
_SMALLEST_FACTORS = (1.0, 2.0, 4.0)
_TEXTURED = 0.4
_PERIODS = (2.0, 12.0)
_MOST_BLUR = 0.8
_N_COLOURS = 10_000


def dead_leaves(
    palette: FloatArray, rng: np.random.Generator, *, n_images: int = N_IMAGES, side: int = SIDE
) -> np.ndarray:
    """Squares full of discs, ellipses and bars, plain or striped, in colours that are given.

    Their sizes follow an inverse cube, which makes the images look alike at all scales, as scenes
    do. They have edges and textures that a few photographs may lack.

    Parameters
    ----------
    palette : ndarray of shape (n_colours, n_channels)
        Colours to take, such as the pixels of a photograph.
    rng : numpy.random.Generator
        Where randomness comes from.
    n_images, side : int
        How many images, and their height and width.

    Returns
    -------
    ndarray of shape (n_images, n_channels, side, side)
        The images, in the values of the palette.

    References
    ----------
    Lee, Mumford & Huang (2001), "Occlusion models for natural images", Int. J. Comput. Vis. 41;
    Achddou, Gousseau & Ladjal (2021), "Synthetic images as a regularity prior for image restoration
    neural networks", SSVM.
    """
    images = np.empty((n_images, side, side, palette.shape[1]), np.float32)
    for image in images:
        image[:] = _colour(palette, rng)
        smallest = _SMALLEST * rng.choice(_SMALLEST_FACTORS)
        share = rng.random(_N_LEAVES)
        # By the inverse of the distribution function of an inverse cube.
        radii = (share / _LARGEST**2 + (1 - share) / smallest**2) ** -0.5
        for radius, (row, column) in zip(radii, rng.uniform(0, side, (_N_LEAVES, 2)), strict=True):
            _cover(image, radius, row, column, palette, rng)
        blur = rng.uniform(0, _MOST_BLUR)
        image[:] = gaussian_filter(image, (blur, blur, 0))
    low, high = palette.min(axis=0), palette.max(axis=0)
    return images.clip(low, high).astype(np.float32).transpose(0, 3, 1, 2)


def _cover(
    image: np.ndarray,
    radius: float,
    row: float,
    column: float,
    palette: FloatArray,
    rng: np.random.Generator,
) -> None:
    """Draw one leaf over what is there."""
    side = len(image)
    top, left = max(0, int(row - radius)), max(0, int(column - radius))
    bottom, right = min(side, int(row + radius) + 1), min(side, int(column + radius) + 1)
    y, x = np.mgrid[top:bottom, left:right]
    angle = rng.uniform(0, np.pi)
    along = (x - column) * np.cos(angle) + (y - row) * np.sin(angle)
    across = (y - row) * np.cos(angle) - (x - column) * np.sin(angle)
    slimness = rng.choice([1.0, rng.uniform(0.15, 1)])
    if rng.random() < 1 / 3:
        inside = np.maximum(abs(along), abs(across) / slimness) < radius * 0.7
    else:
        inside = np.hypot(along, across / slimness) < radius
    colour = np.broadcast_to(_colour(palette, rng), (*y.shape, palette.shape[1]))
    if rng.random() < _TEXTURED:
        strength = _texture(along, across, rng) * rng.uniform(0.2, 1)
        colour = colour + strength[..., None] * (_colour(palette, rng) - colour)
    image[top:bottom, left:right][inside] = colour[inside]


def _texture(along: FloatArray, across: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Stripes, a grid or grains, from 0 to 1."""
    kind = rng.integers(3)
    if kind == 2:
        return rng.random(along.shape)
    frequency = 2 * np.pi / np.exp(rng.uniform(*np.log(_PERIODS)))
    stripes = 0.5 + 0.5 * np.sin(along * frequency + rng.uniform(0, 2 * np.pi))
    return stripes * (0.5 + 0.5 * np.sin(across * frequency)) if kind else stripes


def _colour(palette: FloatArray, rng: np.random.Generator) -> FloatArray:
    return palette[rng.integers(len(palette))]


def leaves_like(clean: Images, crop: int, rng: np.random.Generator) -> Images:
    """Dead leaves in the colours of real images, of squares that hold crops of this side."""
    n_channels = clean.pixels.shape[1]
    colours = clean.pixels.transpose(0, 2, 3, 1).reshape(-1, n_channels)
    few = colours[rng.choice(len(colours), min(len(colours), _N_COLOURS), replace=False)]
    palette = few * clean.factor + clean.offset
    images = dead_leaves(palette, rng, side=max(SIDE, crop))
    return Images(images, np.ones(n_channels), np.zeros(n_channels))
