"""The generators behind `GANAugmenter`."""
