"""The image GAN: border, networks and backend."""

from gan_augment.backends.image.backend import ImageGAN

__all__ = ["ImageGAN"]
