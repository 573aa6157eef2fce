"""Imports: files read, conversations brought into sessions, and what came of each reported."""
