"""Benchmarks against rivals, side by side in one run."""
