"""The site: ``uv run --group docs sphinx-build -n -W -b dirhtml docs docs/_build``.

``dirhtml`` makes addresses end in a slash, such as ``lessons/allowed-hosts/``, which the checks of
generated projects print.
"""

project = "alx-project-nexus"
author = "The alx-project-nexus authors"
project_copyright = author
html_title = project
html_baseurl = "https://user.github.io/alx-project-nexus/"

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
# A fragment that leads nowhere is a broken link too.
nitpicky = True

html_theme = "furo"
html_copy_source = False
html_theme_options = {
    "source_repository": "https://github.com/user/alx-project-nexus/",
    "source_branch": "main",
    "source_directory": "docs/",
}
