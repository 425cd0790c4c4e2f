from io import BytesIO
from pathlib import PurePath
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.bookings import images
from apps.bookings.images import UnusableImage, safe_copy
from apps.bookings.tests.pictures import HTML, SVG, bomb, picture


def opened(content: bytes) -> Any:
    return Image.open(BytesIO(content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_picture_becomes_a_webp_with_a_name_of_our_own(kind: str) -> None:
    copy = safe_copy(picture(kind=kind, name="../../evil.php.jpg"))

    kept = opened(copy.read())
    assert (kept.format, kept.size) == ("WEBP", (40, 30))
    assert copy.name is not None
    name = PurePath(copy.name)
    assert (str(UUID(name.stem)), name.suffix) == (name.stem, ".webp")


def test_nothing_but_the_pixels_survives() -> None:
    original = picture()
    assert b"Ada Lovelace" in original.read()

    content = safe_copy(original).read()

    assert b"Ada Lovelace" not in content
    assert dict(opened(content).getexif()) == {}


def test_code_behind_the_picture_is_left_behind() -> None:
    upload = SimpleUploadedFile("view.jpg", picture().read() + b"<?php system($_GET[0]); ?>")

    assert b"<?php" not in safe_copy(upload).read()


def test_picture_that_the_camera_held_sideways_is_turned_upright() -> None:
    buffer, exif = BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 30)).save(buffer, "JPEG", exif=exif)

    assert opened(safe_copy(SimpleUploadedFile("a.jpg", buffer.getvalue())).read()).size == (30, 40)


def test_large_picture_is_made_smaller() -> None:
    assert opened(safe_copy(picture(size=(4096, 1024))).read()).size == (2048, 512)


def test_transparency_is_kept() -> None:
    buffer = BytesIO()
    Image.new("RGBA", (40, 30), (0, 128, 128, 100)).save(buffer, "PNG")

    assert opened(safe_copy(SimpleUploadedFile("a.png", buffer.getvalue())).read()).mode == "RGBA"


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK"])
def test_picture_of_any_colours_is_usable(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"

    assert opened(safe_copy(picture(kind=kind, mode=mode)).read()).format == "WEBP"


@pytest.mark.parametrize(
    "content",
    [
        SVG,
        HTML,
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0 a JPEG, or so it says",
        b"%PDF-1.7",
        picture().read()[:300],
        picture(kind="PNG").read()[:60],
        picture(kind="WEBP").read()[:30],
        picture(kind="TIFF").read(),
        picture(kind="GIF").read(),
    ],
    ids=["svg", "html", "gif", "png", "jpeg", "pdf", "cut jpeg", "cut png", "cut webp", "tiff", "whole gif"],
)
def test_what_is_no_picture_of_the_usual_kinds_is_refused(content: bytes) -> None:
    with pytest.raises(UnusableImage) as refusal:
        safe_copy(SimpleUploadedFile("view.jpg", content, content_type="image/jpeg"))

    assert refusal.value.code == "invalid_image"


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (10_000, 9_500), (8_000, 6_000)])
def test_small_file_that_unfolds_to_gigabytes_is_refused_by_its_header(width: int, height: int) -> None:
    with pytest.raises(UnusableImage) as refusal:
        safe_copy(bomb(width, height))

    assert refusal.value.code == "too_many_pixels"


def test_large_file_is_refused_before_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 100)
    monkeypatch.delattr(Image, "open")

    with pytest.raises(UnusableImage) as refusal:
        safe_copy(picture())

    assert refusal.value.code == "too_large"
