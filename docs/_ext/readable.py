"""Pages for every screen and keyboard: code at the left, and what scrolls is reached with the Tab key."""

import re
from textwrap import dedent
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

# Commands and texts are wrapped by `site.css`; code keeps its lines, and tables their columns.
SCROLLS = re.compile(
    r'(<div class="highlight-(?!text|bash)[\w-]+ notranslate"><div class="highlight"><pre'
    r'|<div class="table-wrapper[^"]*")>'
)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", move_code_to_the_left)
    app.connect("html-page-context", make_focusable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def make_focusable(_: Sphinx, __: str, ___: str, context: dict[str, Any], ____: object) -> None:
    if "body" in context:
        context["body"] = SCROLLS.sub(r'\1 tabindex="0">', context["body"])


def move_code_to_the_left(_: Sphinx, doctree: nodes.document) -> None:
    """A method that is cut from its class needs no room before it."""
    for block in doctree.findall(nodes.literal_block):
        if block.get("language") == "python":
            block.rawsource = dedent(block.astext())
            block[:] = [nodes.Text(block.rawsource)]
