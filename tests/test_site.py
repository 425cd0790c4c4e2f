"""The site and the documents of a generated project: whole, linked, and true of a fresh render."""

import re
import shutil
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

import pytest

from conftest import PROJECT_FOLDER, ROOT, Run
from docs import reference_from_render

DOCS = ROOT / "docs"
ADDRESS = "https://user.github.io/alx-project-nexus/"
DECISIONS = sorted(path for path in (DOCS / "decisions").glob("*.md") if path.stem != "index")
SECTIONS = ["Choice", "Reasons", "Cost", "To replace it"]
# Apps that a guide has its reader make.
READERS_OWN = "apps/orders/"


class Page(HTMLParser):
    """A built page: what it links, what it loads, and the fragments that it offers."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.fragments: set[str] = set()
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


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, run: Run) -> dict[str, Page]:
    """Every page by its address, from a build in which a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    options = ("-q", "-n", "-W", "--keep-going", "-b", "dirhtml", "-d", str(folder / "doctrees"))
    run(sys.executable, "-m", "sphinx", *options, str(DOCS), str(folder / "html"), cwd=ROOT)
    return {
        address_of(path.relative_to(folder / "html")): Page(path.read_text(encoding="utf-8"))
        for path in sorted((folder / "html").rglob("*.html"))
    }


def address_of(path: Path) -> str:
    return urljoin(ADDRESS, path.as_posix().removesuffix("index.html"))


def documents() -> Iterator[Path]:
    """Everything that is written for people: the site, and the documents of the two houses."""
    yield from sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
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
    sources = [path.relative_to(DOCS) for path in DOCS.rglob("*.md") if "_build" not in path.parts]
    addresses = {address_of(path.parent / path.stem / "index.html") for path in sources}
    written = {address.removesuffix("index/") for address in addresses}
    listed = {urldefrag(urljoin(ADDRESS, link)).url for link in site[ADDRESS].links}

    assert written - listed == set()


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
    missing = {path for path in in_project if not (baked_project / path).exists()}
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
