"""Static files: collected once, named by their content, compressed, served by WhiteNoise."""

from typing import Any

from whitenoise.compress import Compressor

from config.dotenv import PROJECT_DIR

STATIC_URL = "static/"
STATIC_ROOT = PROJECT_DIR / "staticfiles"
MEDIA_URL = "media/"
MEDIA_ROOT = PROJECT_DIR / "media"

# Source maps are large, and only fetched by open developer tools.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]
# Each file once, under its hashed name: half the size, and nothing to compress twice.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # What one person may read and others may not: no address leads there, only a view that asks who it is.
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PROJECT_DIR / "private"},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
