"""hfs: a chat client for the terminal whose conversations are plain files."""

__version__ = "0.1.0"
