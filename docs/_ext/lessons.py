"""Lessons on the site: code cut from a fresh project, facts and commands, two indexes, addresses.

A lesson's facts stand in its front matter, which ``tools.lessons`` reads; here they become text.
"""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any, TextIO

from sphinx.application import Sphinx
from sphinx.builders.dirhtml import DirectoryHTMLBuilder
from sphinx.errors import ExtensionError
from sphinx.search import js_index

from docs import reference_from_render
from tools import lessons
from tools.lessons import Lesson, LessonError

REPOSITORY = "https://github.com/user/alx-project-nexus"
CLONE = "../alx-project-nexus"
INDEX = "lessons/index"
BY_AREA = "% The lessons by area stand here.\n"
BY_SYMPTOM = "% The lessons by symptom stand here.\n"


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_builder(LessonBuilder, override=True)
    app.connect("builder-inited", render)
    app.connect("env-get-outdated", always_read_the_index)
    app.connect("source-read", complete)
    app.connect("html-page-context", describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


# --- A fresh project, to cut code from ---


def render(app: Sphinx) -> None:
    """Bring ``docs/_render/my_project`` up to date.

    Each file is replaced at once, and only when it differs: builds that run side by side never see
    half a file, and the next build reads only the pages whose code has changed.
    """
    renders = app.srcdir / "_render"
    renders.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=renders, prefix="new-") as folder:
        fresh = reference_from_render.bake(Path(folder))
        names = set(reference_from_render.tracked_files(fresh))
        shown = renders / fresh.name
        for name in names:
            replace_if_different(fresh / name, shown / name)
    for path in shown.rglob("*"):
        if path.is_file() and path.relative_to(shown).as_posix() not in names:
            path.unlink(missing_ok=True)


def replace_if_different(new: Path, old: Path) -> None:
    if not old.is_file() or old.read_bytes() != new.read_bytes():
        old.parent.mkdir(parents=True, exist_ok=True)
        new.replace(old)


# --- Addresses ---


def served_as(docname: str) -> str:
    """``lessons/allowed-hosts/index`` for ``lessons/allowed-hosts/lesson``."""
    return re.sub(r"^(lessons/[^/]+)/lesson$", r"\1/index", docname)


def source_of(served: str) -> str:
    return re.sub(r"^(lessons/[^/]+)/index$", r"\1/lesson", served)


class SearchIndex:
    """Sphinx's search index, in which a page has the name that its address is made from."""

    def dump(self, index: Mapping[str, Any], file: TextIO) -> None:
        js_index.dump({**index, "docnames": [served_as(name) for name in index["docnames"]]}, file)

    def load(self, file: TextIO) -> dict[str, Any]:
        index = js_index.load(file)
        return {**index, "docnames": [source_of(name) for name in index["docnames"]]}


class LessonBuilder(DirectoryHTMLBuilder):
    """Serves the lesson in ``lessons/<id>/lesson.md`` at ``lessons/<id>/``."""

    indexer_format: Any = SearchIndex()

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        return super().get_target_uri(served_as(docname), typ)

    def get_output_path(self, page_name: str, /) -> Path:
        return super().get_output_path(served_as(page_name))


# --- Text ---


def always_read_the_index(*_: object) -> list[str]:
    """Any lesson may have changed what its index says."""
    return [INDEX]


def complete(_: Sphinx, docname: str, content: list[str]) -> None:
    """Add to a page what the front matters say."""
    try:
        if docname == INDEX:
            content[0] = complete_index(content[0], lessons.read_lessons())
        elif served_as(docname) != docname:
            folder = lessons.LESSONS / Path(docname).parent.name
            content[0] = complete_lesson(content[0], lessons.read_lesson(folder))
    except LessonError as error:
        raise ExtensionError(str(error)) from error


def complete_lesson(page: str, lesson: Lesson) -> str:
    front_matter = page.removesuffix(lesson.text)
    before, title, text = re.split(r"^(# .+\n)", lesson.text, maxsplit=1, flags=re.MULTILINE)
    text = text.replace("\n## References\n", f"\n{try_it_yourself(lesson)}\n## References\n")
    return front_matter + before + title + facts_line(lesson) + text


def facts_line(lesson: Lesson) -> str:
    area, level, minutes = (lesson.facts[name] for name in ("area", "level", "minutes"))
    options = lesson.facts.get("options", {})
    chosen = ", ".join(f"`{name}` is `{answer}`" for name, answer in options.items())
    where = f"projects whose {chosen}" if options else "every project"
    # As GitHub, and the parser after it, make the anchor of a heading.
    anchor = re.sub(r"[^\w -]", "", area.lower()).replace(" ", "-")
    link = f"[{area}](../index.md#{anchor})"
    return f"\n```{{container}} facts\n{link} · {level} · {minutes} minutes · in {where}\n```\n"


def try_it_yourself(lesson: Lesson) -> str:
    symptom = lesson.facts["symptom"]
    patch = f"{CLONE}/docs/lessons/{lesson.id}/break.patch"
    return f"""
In a clone of [the template]({REPOSITORY}), one command does everything on a fresh project: the guard is
green, the break is applied, the symptom shows, the guard is red, the break is taken back, the guard is
green.

{code(f"uv run just lesson {lesson.id}")}

In a project of your own, go step by step. Commit your work first, and have the clone beside the project.

1. Break it:

   {code(f"git apply {patch}", indent=3)}

2. See the symptom:

   {code(symptom["command"], indent=3)}

   Among what it prints is:

   {code(symptom["shows"].strip(), language="text", indent=3)}

3. Ask the guard. It is red, and prints the address of this page:

   {code(lesson.facts["guard"]["command"], indent=3)}
{ask_the_doctor(lesson)}
4. Mend it, and ask the guard again:

   {code(f"git apply --reverse {patch}", indent=3)}

This is the break:

```{{literalinclude}} break.patch
:language: diff
:caption: break.patch
```
"""


def ask_the_doctor(lesson: Lesson) -> str:
    if "doctor" not in lesson.facts:
        return ""
    command = lesson.facts["doctor"]["command"].replace(" --json", "")
    return f"""
   The doctor finds it, too:

   {code(command, indent=3)}
"""


def code(text: str, *, language: str = "bash", indent: int = 0) -> str:
    return f"```{language}\n{text.strip()}\n```".replace("\n", "\n" + " " * indent)


def complete_index(page: str, every: list[Lesson]) -> str:
    by_area, by_symptom = "\n".join(area_sections(every)), "\n".join(symptom_items(every))
    return page.replace(BY_AREA, by_area).replace(BY_SYMPTOM, by_symptom)


def area_sections(every: list[Lesson]) -> Iterator[str]:
    schema = json.loads(lessons.SCHEMA.read_text(encoding="utf-8"))
    levels = schema["properties"]["level"]["enum"]
    for area in schema["properties"]["area"]["enum"]:
        inside = [lesson for lesson in every if lesson.facts["area"] == area]
        inside.sort(key=lambda lesson: (levels.index(lesson.facts["level"]), lesson.facts["title"]))
        if not inside:
            continue
        yield f"### {area}\n"
        yield "```{toctree}\n:hidden:\n"
        yield from (f"{lesson.id}/lesson" for lesson in inside)
        yield "```\n"
        yield "````{container} lesson-list"
        yield from (area_item(lesson) for lesson in inside)
        yield "````\n"


def area_item(lesson: Lesson) -> str:
    facts = lesson.facts
    return (
        f"- {link_to(lesson)}\\\n  {as_markdown(facts['summary'])}\n"
        f"  *{facts['level']}, {facts['minutes']} minutes*"
    )


def symptom_items(every: list[Lesson]) -> Iterator[str]:
    found = {
        (" ".join(text.split()), lesson.id): lesson
        for lesson in every
        for text in (lesson.facts["symptom"]["shows"], *lesson.facts.get("search", []))
    }
    yield "````{container} symptom-list"
    for (text, _), lesson in sorted(found.items(), key=lambda item: sorting_key(item[0][0])):
        yield f"- {code_span(text)}\\\n  {link_to(lesson)}"
    yield "````"


def sorting_key(text: str) -> str:
    return re.sub(r"^\W+", "", text).casefold()


def link_to(lesson: Lesson) -> str:
    return f"[{as_markdown(lesson.facts['title'])}]({lesson.id}/lesson.md)"


def as_markdown(text: str) -> str:
    """Plain text, in which only backticks mean something."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(
        part if part.startswith("`") else re.sub(r"([\\*_<>\[\]])", r"\\\1", part) for part in parts
    )


def code_span(text: str) -> str:
    """Text as code, whatever backticks it holds."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"`{text}`"


def describe(app: Sphinx, docname: str, _: str, context: dict[str, Any], __: object) -> None:
    """Tell search engines what a lesson is about; give its index the filter."""
    if docname == INDEX:
        app.add_js_file("filter-symptoms.js", loading_method="defer")
    elif served_as(docname) != docname:
        folder = lessons.LESSONS / Path(docname).parent.name
        summary = escape(lessons.read_lesson(folder).facts["summary"])
        context["metatags"] += f'<meta name="description" content="{summary}">'
