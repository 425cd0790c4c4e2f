"""Files that people upload, honest ones and others."""

import struct
import zlib
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

# A tag of EXIF: who holds the camera.
ARTIST = 0x013B


def picture(
    *, kind: str = "JPEG", size: tuple[int, int] = (40, 30), name: str = "view.jpg", mode: str = "RGB"
) -> SimpleUploadedFile:
    buffer = BytesIO()
    exif = Image.Exif()
    exif[ARTIST] = "Ada Lovelace"
    Image.new(mode, size, "teal").save(buffer, kind, exif=exif)
    return SimpleUploadedFile(name, buffer.getvalue(), content_type="image/jpeg")


def bomb(width: int = 30_000, height: int = 30_000) -> SimpleUploadedFile:
    """A PNG of less than a kilobyte that claims to unfold to gigabytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return SimpleUploadedFile("small.png", content, content_type="image/png")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(document.cookie)</script></svg>'
HTML = b"<!doctype html><script>alert(document.cookie)</script>"
