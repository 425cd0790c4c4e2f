"""The site: ``uv run sphinx-build -n -W -b dirhtml docs docs/_build``.

``dirhtml`` makes addresses end in a slash, such as ``lessons/allowed-hosts/``, which the checks of
generated projects print.
"""

import sys
from pathlib import Path

# For `docs._ext`, and for `tools`, which reads the lessons.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

project = "alx-project-nexus"
author = "The alx-project-nexus authors"
project_copyright = author
html_title = project
html_baseurl = "https://user.github.io/alx-project-nexus/"

extensions = ["myst_parser", "docs._ext.lessons", "docs._ext.readable"]
exclude_patterns = ["_build", "_render"]
myst_heading_anchors = 3
# A fragment that leads nowhere is a broken link too.
nitpicky = True
# Code that is cut from the middle of a file need not be whole.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_copy_source = False
templates_path = ["_templates"]
html_favicon = "_static/favicon.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {
    "source_repository": "https://github.com/user/alx-project-nexus/",
    "source_branch": "main",
    "source_directory": "docs/",
}
