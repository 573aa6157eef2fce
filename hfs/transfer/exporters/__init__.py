"""The formats that conversations are written in: a module per format, this one is their registry."""
