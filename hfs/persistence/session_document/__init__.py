"""The session document: its fields, what is filled in, merged, mended and checked. Pure functions without any I/O."""
