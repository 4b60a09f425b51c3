"""Adversarial training that knows neither tables nor images."""
