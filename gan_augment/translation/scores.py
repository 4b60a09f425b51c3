"""How close images come to what they should be."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from gan_augment.columns import FloatArray

_SIGMA, _TRUNCATE = 1.5, 3.5
_K1, _K2 = 0.01, 0.03


def psnr(images: np.ndarray, truth: np.ndarray, data_range: float) -> float:
    """Peak signal-to-noise ratio of the mean squared error over all images, in decibels.

    The mean of the images' own ratios is infinite where one image is untouched, as it may be by
    salt and pepper; this one only where all are.
    """
    error = np.square(images.astype(np.float64) - truth.astype(np.float64)).mean()
    with np.errstate(divide="ignore"):
        return float(10 * np.log10(data_range**2 / error))


def ssim(images: np.ndarray, truth: np.ndarray, data_range: float) -> FloatArray:
    """Structural similarity of every image of shape ``(channels, height, width)``.

    As the paper has it: windows with Gaussian weights of standard deviation 1.5, 11 pixels wide.
    Images that are smaller than a window are taken by what is there.

    References
    ----------
    Wang et al. (2004), "Image quality assessment: from error visibility to structural similarity",
    IEEE Trans. Image Process. 13.
    """
    x, y = images.astype(np.float64), truth.astype(np.float64)

    def local_mean(values: FloatArray) -> FloatArray:
        return gaussian_filter(values, (0, 0, _SIGMA, _SIGMA), truncate=_TRUNCATE)

    mean_x, mean_y = local_mean(x), local_mean(y)
    variance_x = local_mean(x * x) - mean_x**2
    variance_y = local_mean(y * y) - mean_y**2
    covariance = local_mean(x * y) - mean_x * mean_y
    c1, c2 = (_K1 * data_range) ** 2, (_K2 * data_range) ** 2
    similarity = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    similarity /= (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    border = int(_TRUNCATE * _SIGMA + 0.5)
    if min(x.shape[2:]) > 2 * border:
        similarity = similarity[:, :, border:-border, border:-border]
    return similarity.reshape(len(x), -1).mean(axis=1)
