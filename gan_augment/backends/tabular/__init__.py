"""The table GAN: encoder, networks and backend."""

from gan_augment.backends.tabular.backend import TabularGAN

__all__ = ["TabularGAN"]
