"""The documentation site: `uv run sphinx-build -W docs build/site`. Reading it fetches nothing from outside."""

from __future__ import annotations

from importlib.metadata import version as installed_version
from typing import Final

project: Final = "jixiao 绩效"
version: Final = installed_version("jixiao")
author: Final = "the jixiao contributors"
extensions: Final = ["myst_parser", "sphinx_design", "sphinx.ext.githubpages"]
myst_enable_extensions: Final = ["colon_fence"]
myst_heading_anchors: Final = 3
exclude_patterns: Final = ["_*"]
html_theme: Final = "furo"
html_title: Final = project
html_static_path: Final[list[str]] = []
html_show_sphinx: Final = False
html_show_copyright: Final = False
suppress_warnings: Final = ["misc.highlighting_failure"]
