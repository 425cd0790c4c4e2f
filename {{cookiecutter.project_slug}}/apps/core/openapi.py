"""The pages that show the OpenAPI document, within our Content-Security-Policy."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

# Both viewers style their pages from scripts, which only this permits. Scripts stay ours alone.
INLINE_STYLES = [SELF, UNSAFE_INLINE]


@method_decorator(csp_update({"style-src": INLINE_STYLES}), name="dispatch")
class SwaggerView(SpectacularSwaggerSplitView):
    """Swagger UI; "split" because its script is a request of its own, not inline."""


@method_decorator(csp_update({"style-src": INLINE_STYLES, "worker-src": [SELF, "blob:"]}), name="dispatch")
class RedocView(SpectacularRedocView):
    """Redoc; it searches in a web worker that it makes from a blob.

    Its footer asks another site for a logo. The policy refuses, Redoc hides the picture, and the
    browser's console says so.
    """

    template_name = "core/redoc.html"
