"""Pages for every screen and keyboard: what scrolls sideways can be reached with the Tab key."""

import re
from typing import Any

from sphinx.application import Sphinx

# Commands and texts are wrapped by `site.css`; code keeps its lines, and tables their columns.
SCROLLS = re.compile(
    r'(<div class="highlight-(?!text|bash)[\w-]+ notranslate"><div class="highlight"><pre'
    r'|<div class="table-wrapper[^"]*")>'
)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", make_focusable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def make_focusable(_: Sphinx, __: str, ___: str, context: dict[str, Any], ____: object) -> None:
    if "body" in context:
        context["body"] = SCROLLS.sub(r'\1 tabindex="0">', context["body"])
