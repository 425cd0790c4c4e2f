"""Bodies that are refused before they are read."""

from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.bookings.images import MAX_BYTES

# What surrounds the file in a multipart body: boundaries, names, the caption.
OVERHEAD = 64 * 1024


class UploadTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = f"The file may have {MAX_BYTES // 1024 // 1024} MiB at most."
    default_code = "content_too_large"


class BoundedUpload(APIView):
    """A view that looks at Content-Length first; without that header WSGI servers hand over no body."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Before the sign-in: that of a session reads the body to find the CSRF token.
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES + OVERHEAD:
            raise UploadTooLarge
        super().initial(request, *args, **kwargs)
