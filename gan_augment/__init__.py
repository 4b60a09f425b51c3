"""GAN data augmentation that slots into scikit-learn."""

from gan_augment._version import __version__
from gan_augment.augmenter import GANAugmenter
from gan_augment.backends.image import ImageGAN
from gan_augment.backends.sdv import SDVBackend
from gan_augment.backends.tabular import TabularGAN
from gan_augment.classifier import AugmentedClassifier
from gan_augment.loading import load
from gan_augment.notices import FewRowsWarning
from gan_augment.streaming import to_dask
from gan_augment.translation import ImageDenoiser, ImageTranslator

__all__ = [
    "AugmentedClassifier",
    "FewRowsWarning",
    "GANAugmenter",
    "ImageDenoiser",
    "ImageGAN",
    "ImageTranslator",
    "SDVBackend",
    "TabularGAN",
    "__version__",
    "load",
    "to_dask",
]
