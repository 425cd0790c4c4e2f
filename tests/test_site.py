"""The site and the documents of a generated project: whole, linked, and true of a fresh render."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

import pytest

from conftest import DEFAULTS, PROJECT_FOLDER, ROOT, Bake, Run, answers_of
from docs import reference_from_render
from tools import lessons
from tools.lessons import Lesson

DOCS = ROOT / "docs"
ADDRESS = "https://user.github.io/alx-project-nexus/"
DECISIONS = sorted(path for path in (DOCS / "decisions").glob("*.md") if path.stem != "index")
SECTIONS = ["Choice", "Reasons", "Cost", "To replace it"]
# Apps that a guide has its reader make.
READERS_OWN = ("apps/orders/", "apps/trips/")
LESSONS = lessons.read_lessons()
LESSON_IDS = [lesson.id for lesson in LESSONS]


class Page(HTMLParser):
    """A built page: its text and blocks of code, what it links and loads, the fragments that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.fragments: set[str] = set()
        self.text = ""
        # Each with its caption, which is empty where there is none.
        self.blocks: list[tuple[str, str]] = []
        self._caption = ""
        self._inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attributes if value}
        if "id" in values:
            self.fragments.add(values["id"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if "src" in values:
            self.loads.append(values["src"])
        if tag == "link" and values.get("rel") in {"stylesheet", "icon", "preload"}:
            self.loads.append(values["href"])
        if tag == "pre":
            self.blocks.append((self._caption, ""))
            self._caption = ""
        if "caption-text" in values.get("class", "") or tag in {"pre", "title"}:
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
        # Within code every word has a span of its own, so only what is around them tells.
        if "pre" in self._inside:
            caption, code = self.blocks[-1]
            self.blocks[-1] = (caption, code + data)
        elif "span" in self._inside:
            self._caption += data


@pytest.fixture(scope="session")
def site(html: Path) -> dict[str, Page]:
    """Every page by its address."""
    return {
        address_of(path.relative_to(html)): Page(path.read_text(encoding="utf-8"))
        for path in sorted(html.rglob("*.html"))
    }


def address_of(path: Path) -> str:
    return urljoin(ADDRESS, path.as_posix().removesuffix("index.html"))


def sources() -> list[Path]:
    """What pages are written in, without what builds leave behind."""
    found = DOCS.rglob("*.md")
    return sorted(path for path in found if not {"_build", "_render"}.intersection(path.parts))


def documents() -> Iterator[Path]:
    """Everything that is written for people: the site, and the documents of the two houses."""
    yield from sources()
    project = ROOT / PROJECT_FOLDER
    candidates = [ROOT / "README.md", project / "README.md", project / "docs" / "operations.md"]
    yield from (path for path in candidates if path.exists())


def found_in_documents(pattern: str) -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in documents())
    return {found for text in texts for found in re.findall(pattern, text)}


def test_no_link_within_the_site_is_broken(site: dict[str, Page]) -> None:
    broken = [
        f"{address}: {link}"
        for address, page in site.items()
        for link in page.links
        if is_broken(urljoin(address, link), site)
    ]

    assert broken == []


def is_broken(target: str, site: dict[str, Page]) -> bool:
    address, fragment = urldefrag(target)
    if not address.startswith(ADDRESS):
        return False
    page = site.get(address)
    return page is None or bool(fragment and unquote(fragment) not in page.fragments)


def test_documents_name_only_pages_that_the_site_has(site: dict[str, Page]) -> None:
    named = found_in_documents(rf"{re.escape(ADDRESS)}[\w/#-]*")

    assert [target for target in sorted(named) if is_broken(target, site)] == []


def test_pages_load_nothing_from_other_sites(site: dict[str, Page]) -> None:
    loaded = {urljoin(address, url) for address, page in site.items() for url in page.loads}

    assert loaded
    assert [url for url in sorted(loaded) if not url.startswith((ADDRESS, "data:"))] == []


def test_every_page_is_in_the_table_of_contents(site: dict[str, Page]) -> None:
    pages = [path.relative_to(DOCS).with_suffix("") for path in sources()]
    served = [page.parent if page.name in {"index", "lesson"} else page for page in pages]
    written = {address_of(page / "index.html") for page in served}
    listed = {urldefrag(urljoin(ADDRESS, link)).url for link in site[ADDRESS].links}

    assert written - listed == set()


@pytest.mark.parametrize("lesson", LESSONS, ids=LESSON_IDS)
def test_lesson_is_served_at_the_address_that_guards_print(lesson: Lesson, site: dict[str, Page]) -> None:
    assert lesson.address in site
    assert f"{lesson.address}lesson/" not in site


@pytest.mark.parametrize("lesson", LESSONS, ids=LESSON_IDS)
def test_lesson_shows_its_facts_and_the_commands_that_are_proven(
    lesson: Lesson, site: dict[str, Page]
) -> None:
    page, facts = site[lesson.address], lesson.facts
    blocks = {code.strip() for _, code in page.blocks}
    patch = f"../alx-project-nexus/docs/lessons/{lesson.id}/break.patch"

    assert f"{facts['area']} · {facts['level']} · {facts['minutes']} minutes · in " in page.text
    assert {
        f"uv run just lesson {lesson.id}",
        f"git apply {patch}",
        facts["symptom"]["command"].strip(),
        facts["symptom"]["shows"].strip(),
        facts["guard"]["command"].strip(),
        f"git apply --reverse {patch}",
    } - blocks == set()


@pytest.mark.parametrize("lesson", LESSONS, ids=LESSON_IDS)
def test_code_of_a_lesson_is_cut_from_a_fresh_project(
    lesson: Lesson, site: dict[str, Page], baked_project: Path, bake: Bake
) -> None:
    project = project_of(lesson, baked_project, bake)
    captioned = {caption: code for caption, code in site[lesson.address].blocks if caption}

    patch = captioned.pop("break.patch")

    assert patch.strip() == lesson.patch.read_text(encoding="utf-8").strip()
    assert captioned, "The page shows no code of the project."
    for path, code in captioned.items():
        assert without_indent(code) in without_indent((project / path).read_text(encoding="utf-8"))


def project_of(lesson: Lesson, baked_project: Path, bake: Bake) -> Path:
    """A fresh project of the kind that the lesson is about."""
    answers = answers_of(lesson)
    return baked_project if answers == DEFAULTS else Path(bake(**answers).project_path)


def without_indent(code: str) -> str:
    return "\n".join(line.strip() for line in code.strip().splitlines())


@pytest.mark.parametrize("lesson", LESSONS, ids=LESSON_IDS)
def test_the_break_applies_to_a_fresh_project(
    lesson: Lesson, baked_project: Path, bake: Bake, run: Run
) -> None:
    project = project_of(lesson, baked_project, bake)

    run("git", "apply", "--check", str(lesson.patch), cwd=project)


@pytest.mark.parametrize("lesson", LESSONS, ids=LESSON_IDS)
def test_index_lists_the_lesson_and_every_text_that_is_searched_for(
    lesson: Lesson, site: dict[str, Page]
) -> None:
    index = site[f"{ADDRESS}lessons/"]
    texts = [lesson.facts["symptom"]["shows"], *lesson.facts.get("search", [])]

    assert index.links.count(f"{lesson.id}/") >= len(texts) + 1
    assert {text for text in texts if " ".join(text.split()) not in " ".join(index.text.split())} == set()


def test_search_leads_to_pages_that_exist(html: Path, site: dict[str, Page]) -> None:
    script = (html / "searchindex.js").read_text(encoding="utf-8")
    names = json.loads(script.removeprefix("Search.setIndex(").removesuffix(")"))["docnames"]

    addresses = {urljoin(ADDRESS, f"{name}/".removesuffix("index/")) for name in names}

    assert {lesson.address for lesson in LESSONS} <= addresses
    assert addresses - set(site) == set()


@pytest.mark.slow
def test_builds_side_by_side_do_not_disturb_each_other(template: Path, tmp_path: Path) -> None:
    builds = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "sphinx", "-q", "-n", "-W", "-b", "dirhtml"),
                *("-d", str(tmp_path / f"doctrees-{number}")),
                *(str(template / "docs"), str(tmp_path / f"html-{number}")),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for number in range(2)
    ]

    printed = [build.communicate()[0] for build in builds]

    assert [build.returncode for build in builds] == [0, 0], "\n".join(printed)
    lesson = Path("lessons") / LESSON_IDS[0] / "index.html"
    first, second = (tmp_path / f"html-{number}" / lesson for number in range(2))
    assert first.read_text(encoding="utf-8") == second.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_decision_has_a_title_of_two_sides_and_the_four_sections(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    titles = re.findall(r"^# (.+)$", text, flags=re.MULTILINE)

    assert len(titles) == 1
    assert ", not " in titles[0]
    assert re.findall(r"^##+ (.+)$", text, flags=re.MULTILINE) == SECTIONS


def test_reference_is_what_a_fresh_project_says(baked_project: Path) -> None:
    committed = {
        path.name: path.read_text(encoding="utf-8")
        for path in (DOCS / "reference").glob("*.md")
        if path.stem != "index"
    }

    assert committed == reference_from_render.pages(baked_project), (
        "docs/reference/ is out of date: run `uv run just docs`."
    )


def test_documents_name_only_files_that_a_project_or_the_template_has(baked_project: Path) -> None:
    in_project = found_in_documents(r"`((?:config|apps|devtools|tests|docs)/[\w./-]*)`")
    in_template = found_in_documents(r"`((?:hooks|tools)/[\w./-]*)`")
    # Some belong to a project with other answers.
    whole = ROOT / PROJECT_FOLDER
    missing = {
        path for path in in_project if not (baked_project / path).exists() and not (whole / path).exists()
    }
    missing |= {path for path in in_template if not (ROOT / path).exists()}

    assert {path for path in missing if not exists_otherwise(path)} == set()


def exists_otherwise(path: str) -> bool:
    """Whether a path is one of the template's documents, or of an app that the reader makes."""
    return path.startswith(READERS_OWN) or (path.startswith("docs/") and (ROOT / path).exists())


def test_documents_name_only_verbs_that_one_of_the_houses_has(baked_project: Path) -> None:
    justfiles = (baked_project / "justfile", ROOT / "justfile")
    summaries = [reference_from_render.just(justfile, "--summary") for justfile in justfiles]
    named = found_in_documents(r"uv run just ([a-z-]+)")

    assert named - set(" ".join(summaries).split()) == set()


@pytest.mark.skipif(not shutil.which("bash"), reason="There is no bash.")
def test_commands_for_bash_are_bash(run: Run) -> None:
    blocks = found_in_documents(r"(?ms)^```bash\n(.*?)^```$")

    assert blocks
    run("bash", "-n", cwd=ROOT, stdin="\n".join(sorted(blocks)))
