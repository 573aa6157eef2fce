"""Exports on their way out: files, folders and archives, their names, and what is masked in them."""
