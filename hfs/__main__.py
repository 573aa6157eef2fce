"""``python -m hfs`` is ``hfs``."""

from hfs.cli import main

if __name__ == "__main__":
    main()
