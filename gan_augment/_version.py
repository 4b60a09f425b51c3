"""The version, also of the distribution and in saved files."""

__version__ = "0.1.0"
