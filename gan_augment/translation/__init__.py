"""Images to images: denoising, and translation between two kinds of images."""

from gan_augment.translation.denoiser import ImageDenoiser
from gan_augment.translation.translator import ImageTranslator

__all__ = ["ImageDenoiser", "ImageTranslator"]
