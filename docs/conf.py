"""How Sphinx builds the site: ``sphinx-build -W -n -b html docs BUILD``.

Nothing is fetched, and the same pages give the same site: it has no dates, and no inventories of other projects.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sphinx.application import Sphinx

import hfs

DOCS: Final = Path(__file__).parent
PAGES_OF_THE_ROOT: Final = ("CHANGELOG", "CONTRIBUTING", "SECURITY")
"""Documents beside ``docs/``. Each has a page that leads to it, under the same name in lower case."""
SERVED: Final = ("reference/session.schema.json",)
"""Files that keep their address in the site."""

project = "hfs"
author = "The hfs contributors"
version = release = hfs.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["generate", "man"]
nitpicky = True

myst_heading_anchors = 4

autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_numpy_docstring = False
nitpick_ignore_regex = [
    # Other projects' names: their inventories would have to be fetched.
    (
        "py:.*",
        r"(collections\.abc|datetime|os|pathlib|sqlalchemy|tinydb)\..*|Path|TinyDB|AsyncSession|async_sessionmaker",
    ),
    # What only hfs itself makes, or a program never sees.
    ("py:class", r"hfs\.persistence\.files\..*|Document|Engine|FileOps|_Result"),
]

html_theme = "furo"
html_title = f"hfs {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}


def take_root_pages(app: Sphinx, docname: str, source: list[str]) -> None:
    """Takes over documents from outside ``docs/``, and leads links to them to where they are in the site.

    A code host follows the links as they are written, the site needs its own.
    """
    names = "|".join(PAGES_OF_THE_ROOT)
    if docname.upper() in PAGES_OF_THE_ROOT:
        path = DOCS.parent / f"{docname.upper()}.md"
        app.env.note_dependency(path)
        text = re.sub(rf"\]\(({names})\.md(?=[)#])", lambda link: f"]({link[1].lower()}.md", path.read_text("utf-8"))
        source[0] = text.replace("](docs/", "](")
    outside = re.compile(rf"\]\(((?:\.\./)+)({names})\.md(?=[)#])")
    source[0] = outside.sub(lambda link: f"]({link[1].removesuffix('../') or './'}{link[2].lower()}.md", source[0])


def copy_served_files(app: Sphinx, exception: Exception | None) -> None:
    """Puts files where their links lead."""
    if exception is None and app.builder.format == "html":
        for name in SERVED:
            shutil.copyfile(DOCS / name, app.outdir / name)


def as_written(lines_of: dict[str, list[str]], *, keep: bool) -> Callable[..., None]:
    """Keeps the docstrings of attributes from napoleon, which takes what stands before a colon in them for a type.

    Args:
        lines_of: The docstrings as they are written.
        keep: Whether this is called before napoleon, and not after it.
    """

    def process(_app: Sphinx, what: str, name: str, _value: object, _options: object, lines: list[str]) -> None:
        if what in ("attribute", "data", "property"):
            lines[:] = lines_of.setdefault(name, list(lines)) if keep else lines_of.pop(name)

    return process


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    written: dict[str, list[str]] = {}
    app.connect("autodoc-process-docstring", as_written(written, keep=True), priority=400)
    app.connect("autodoc-process-docstring", as_written(written, keep=False), priority=600)
    app.connect("source-read", take_root_pages)
    app.connect("build-finished", copy_served_files)
