"""Copies from one store into another: to the letter, each session once, and read back at the end."""
