"""What every file has to be: each fault is named by its file and its rule, and nothing is changed unasked."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("detect_secrets", reason="It is in the group 'lint', which is not installed.")

from devtools import files

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="Git lists the files.")

# Put together, so that no file of the project holds one.
ACCESS_KEY = "AKIA" + "IOSFODNN7EXAMPLE"
PRIVATE_KEY = "-----BEGIN RSA " + "PRIVATE KEY-----\n"
CONFLICT = "<" * 7 + " HEAD\n"
# Lines of its table of contents end in spaces, which count: the numbers are positions.
PDF = b"%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 >>\n%%EOF"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / "in_order.py").write_text("ANSWER = 42\n")
    return tmp_path


def test_files_in_order_are_passed_in_silence(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert files.main([], repository) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("spaces.py", "ANSWER = 42 \n", "trailing-whitespace"),
        ("end.py", "ANSWER = 42", "end-of-file-fixer"),
        ("lines.py", "ANSWER = 42\r\n", "mixed-line-ending"),
    ],
)
def test_what_a_program_can_mend_is_named_with_the_verb_and_left_alone(
    repository: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, rule: str
) -> None:
    (repository / name).write_bytes(text.encode())

    status = files.main([], repository)

    said = capsys.readouterr().out
    assert status == 1
    assert f"{name}: {rule}" in said
    assert "uv run just fix" in said
    assert (repository / name).read_bytes() == text.encode()


def test_it_is_mended_on_demand(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "faulty.py").write_bytes(b"ANSWER = 42 \r\n\r\n\r\n")

    status = files.main(["--fix"], repository)

    assert status == 0
    assert "Mended: faulty.py: trailing-whitespace" in capsys.readouterr().out
    assert (repository / "faulty.py").read_bytes() == b"ANSWER = 42\n"


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("list.yaml", "names: [one\n", "check-yaml"),
        ("table.toml", "[table\n", "check-toml"),
        ("object.json", '{"name": }\n', "check-json"),
        ("conflict.py", CONFLICT, "check-merge-conflict"),
        ("key.pem", PRIVATE_KEY, "detect-private-key"),
        ("picture.png", "\0" * 1_100_000, "check-added-large-files"),
    ],
)
def test_what_a_person_has_to_mend_is_named_by_file_and_rule(
    repository: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, rule: str
) -> None:
    (repository / name).write_text(text)

    status = files.main([], repository)

    said = capsys.readouterr().out
    assert status == 1
    assert name in said
    assert f"({rule})" in said


@pytest.mark.lesson("secrets-in-repo")
@pytest.mark.parametrize(
    "line",
    [
        f'aws_access_key_id = "{ACCESS_KEY}"',
        'password = "Tr0ub4dor&3xyzzy"',  # pragma: allowlist secret
        "DATABASE_URL=postgres://app:Wh4tEverItIs@db.shop.io/app",  # pragma: allowlist secret
        'token = "ghp_' + "a1B2c3D4e5F6g7H8i9J0" + 'k1L2m3N4o5P6q7R8"',
    ],
)
def test_a_secret_is_found_and_not_repeated(
    repository: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    (repository / "notes.txt").write_text(f"Not to forget:\n{line}\n")

    status = files.main([], repository)

    said = capsys.readouterr().out
    assert status == 1
    assert "notes.txt:2: " in said
    assert ".env" in said
    assert line not in said


def test_what_only_looks_like_a_secret_passes_when_its_line_says_so(repository: Path) -> None:
    line = 'password = "Tr0ub4dor&3xyzzy"'  # pragma: allowlist secret
    (repository / "notes.txt").write_text(f"{line}  # pragma: allowlist secret\n")

    assert files.main([], repository) == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [("invoice.pdf", PDF), ("list.csv", "a;b \r\n1;2\r\n".encode("utf-16"))],
)
def test_what_is_no_text_is_left_as_it_is(repository: Path, name: str, content: bytes) -> None:
    (repository / name).write_bytes(content)

    assert files.main(["--fix"], repository) == 0
    assert (repository / name).read_bytes() == content


def test_a_file_may_be_named_from_the_root_of_the_machine(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faulty = repository / "docs" / "faulty.py"
    faulty.parent.mkdir()
    faulty.write_text("ANSWER = 42 \n")

    assert files.main([str(faulty)], repository) == 1
    assert "docs/faulty.py: trailing-whitespace\n" in capsys.readouterr().out.splitlines(keepends=True)
    assert faulty.read_text() == "ANSWER = 42 \n"


def test_a_heading_may_be_underlined_by_seven_signs(repository: Path) -> None:
    (repository / "notes.md").write_text("Details\n=======\n")

    assert files.main([], repository) == 0


def test_what_git_ignores_is_nobodys_business(repository: Path) -> None:
    (repository / ".gitignore").write_text(".env\n")
    (repository / ".env").write_text(f"KEY={ACCESS_KEY} \n")

    assert files.main([], repository) == 0


def test_only_named_files_are_looked_at(repository: Path) -> None:
    (repository / "faulty.py").write_text("ANSWER = 42 \n")

    assert files.main(["in_order.py"], repository) == 0


def test_without_a_repository_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="git init"):
        files.main([], tmp_path)
