"""TinyDB's own test suite, run against DocumentDB."""
