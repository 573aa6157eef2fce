"""Conversations out to files and in from files; a module per format, and one for what is done with them."""
