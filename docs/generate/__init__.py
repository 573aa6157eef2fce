"""The pages that come out of the code: ``python -m docs.generate`` writes them, ``--check`` says which are old."""
