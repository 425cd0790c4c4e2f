"""The files of ``docs/postman/``: made from ``docs/openapi/``, and compared with them."""

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import yaml

from devtools.errors import DevtoolsError
from devtools.postman.collection import make_collection, make_environment
from devtools.postman.steps import read_apps

PROJECT = Path(__file__).resolve().parents[2]
COLLECTION, ENVIRONMENT, PICTURE = "collection.json", "local.environment.json", "picture.png"


def write(project: Path = PROJECT) -> list[str]:
    """Write what differs from the API's documents; return the names."""
    folder = project / "docs" / "postman"
    folder.mkdir(exist_ok=True)
    changes = differing(project)
    for name, content in changes.items():
        (folder / name).write_bytes(content)
    return list(changes)


def check(project: Path = PROJECT) -> None:
    """Compare the files with the API's documents.

    Raises:
        DevtoolsError: They differ.
    """
    if changes := differing(project):
        listed = " and ".join(f"docs/postman/{name}" for name in changes)
        raise DevtoolsError(f"Not what docs/openapi/ and the apps say: {listed}. Run `just docs`.")


def differing(project: Path) -> dict[str, bytes]:
    """What has to be written, by the names of the files."""
    folder = project / "docs" / "postman"
    return {
        name: content
        for name, content in make_files(project).items()
        if not (folder / name).exists() or (folder / name).read_bytes() != content
    }


def make_files(project: Path) -> dict[str, bytes]:
    documents = read_documents(project)
    said = read_apps(project)
    collection = make_collection(documents, said)
    files = {
        COLLECTION: as_json(collection),
        ENVIRONMENT: as_json(make_environment(collection["info"]["name"], said)),
    }
    if f'"{PICTURE}"'.encode() in files[COLLECTION]:
        files[PICTURE] = picture()
    return files


def read_documents(project: Path) -> dict[str, Any]:
    # Several times as fast, where PyYAML was built with libyaml.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    paths = sorted((project / "docs" / "openapi").glob("*.yaml"))
    return {path.stem: yaml.load(path.read_bytes(), Loader=loader) for path in paths}  # noqa: S506 -- both are safe


def as_json(data: Any) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()


def picture(side: int = 16) -> bytes:
    """A grey square as PNG, to be uploaded; not compressed, so that it is the same everywhere."""
    rows = b"".join(b"\0" + b"\x80" * side for _ in range(side))
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, level=0)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in chunks)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
