"""The image GAN: border, networks and backend."""
