"""What is derived from the session files so that lists and searches need not read them all.

It is never trusted over a file, and removing it loses nothing: it is made again.
"""
