"""Pictures from strangers, made harmless."""

import struct
from io import BytesIO
from typing import BinaryIO
from uuid import uuid4

from django.core.files.base import ContentFile, File
from PIL import Image, ImageOps

MAX_BYTES = 5 * 1024 * 1024
# A file of kilobytes can unfold to gigabytes; the header tells before any of it does.
MAX_PIXELS = 40_000_000
# The longer side of what we keep.
MAX_SIDE = 2048
# The longer side of a thumbnail: what a list shows, on a screen with two dots for each pixel.
THUMBNAIL_SIDE = 480
# By content. SVG is missing on purpose: it is a document that may hold scripts.
FORMATS = ("JPEG", "PNG", "WEBP")
# What Pillow raises for files that are broken, or made to break it.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error)


class UnusableImage(Exception):
    """A file that is not kept; the message is for whoever sent it."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


def safe_copy(file: File[bytes]) -> ContentFile[bytes]:
    """Return the picture in ``file`` as a new WebP file with a name of our own.

    Nothing of the old file survives but its pixels: not its name, not the place and camera in its metadata
    (EXIF), and no code hidden behind the picture.

    Raises:
        UnusableImage: The file is too large, or no JPEG, PNG or WebP, or it cannot be decoded.
    """
    if file.size > MAX_BYTES:
        raise UnusableImage(f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB.", code="too_large")
    return ContentFile(_encode(_read(file, MAX_SIDE)), name=f"{uuid4()}.webp")


def thumbnail_of(file: File[bytes]) -> ContentFile[bytes]:
    """Return a small WebP copy of the picture in ``file``.

    Memory is bounded by ``MAX_PIXELS``, also for files that people of the admin put there themselves.

    Raises:
        UnusableImage: As for ``safe_copy``.
    """
    return ContentFile(_encode(_read(file, THUMBNAIL_SIDE)))


def _read(file: File[bytes], side: int) -> Image.Image:
    try:
        return _decode(file, side)  # type: ignore[arg-type]
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except (ConnectionError, TimeoutError):
        # Says nothing of the picture: the storage is away.
        raise
    except BROKEN as error:
        raise UnusableImage("The file is no JPEG, PNG or WebP picture.", code="invalid_image") from error


def _decode(file: BinaryIO, side: int) -> Image.Image:
    # Pillow is told the formats: it has decoders for dozens more, each with mistakes of its own.
    with Image.open(file, formats=FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise _too_many_pixels()
        # A JPEG is decoded at a half, a quarter or an eighth of its size, where that is enough.
        picture.draft(None, (side, side))
        upright = ImageOps.exif_transpose(picture)
        copy = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    copy.thumbnail((side, side))
    copy.info.clear()
    return copy


def _encode(picture: Image.Image) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "WEBP", quality=82)
    return buffer.getvalue()


def _too_many_pixels() -> UnusableImage:
    return UnusableImage(f"The picture has more than {MAX_PIXELS:,} pixels.", code="too_many_pixels")
