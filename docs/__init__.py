"""The documents, how their site is built, and what writes the generated ones."""
