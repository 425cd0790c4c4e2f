"""The pages that explain the API, within our Content-Security-Policy.

Every version has its own OpenAPI document, Swagger UI and Redoc; :func:`document_urls` makes their
addresses. The page of problems explains what each ``type`` of an error means.
"""

import json
from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView
from drf_spectacular.views import (
    SpectacularAPIView,
    SpectacularRedocView,
    SpectacularSwaggerSplitView,
)
from drf_spectacular.views import SpectacularSwaggerOauthRedirectView as OAuth2RedirectView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from apps.core.api.problem_types import problem_types

# Both viewers style their pages from scripts, which only this permits. Scripts stay ours alone.
INLINE_STYLES = [SELF, UNSAFE_INLINE]
OAUTH2_REDIRECT = "docs-oauth2-redirect"


def versions() -> list[str]:
    """The versions of the API, the newest last."""
    return list(api_settings.ALLOWED_VERSIONS or [])


def other_documents() -> list[dict[str, str]]:
    """The ways from one page to the others."""
    pages = {"Swagger UI": "docs", "Redoc": "redoc", "OpenAPI document": "schema"}
    return [
        *(
            {"name": f"{title} {version}", "address": reverse(f"{page}-{version}")}
            for version in versions()
            for title, page in pages.items()
        ),
        {"name": "Problems", "address": reverse("problems")},
    ]


class Linked(APIView):
    """A page with the ways to the others, and to a session."""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[misc]
        response.data["documents"] = other_documents()
        if not request.user.is_authenticated:
            login = {"name": "Sign in", "address": f"{reverse('rest_framework:login')}?next={request.path}"}
            response.data["documents"].append(login)
        # The library loosens it for providers on other sites. Ours is on this one, whose windows keep
        # in touch only while all of them send Django's default.
        del response["Cross-Origin-Opener-Policy"]
        return response


@method_decorator(csp_update({"style-src": INLINE_STYLES}), name="dispatch")
class SwaggerView(Linked, SpectacularSwaggerSplitView):
    """Swagger UI; "split" because its script is a request of its own, not inline."""

    template_name = "core/swagger.html"

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().get(request, *args, **kwargs)
        if "settings" in response.data:
            redirect = request.build_absolute_uri(reverse(OAUTH2_REDIRECT))
            settings = {**json.loads(response.data["settings"]), "oauth2RedirectUrl": redirect}
            response.data["settings"] = json.dumps(settings)
        return response


@method_decorator(csp_update({"style-src": INLINE_STYLES, "worker-src": [SELF, "blob:"]}), name="dispatch")
class RedocView(Linked, SpectacularRedocView):
    """Redoc; it searches in a web worker that it makes from a blob.

    Its footer asks another site for a logo. The policy refuses, Redoc hides the picture, and the
    browser's console says so.
    """

    template_name = "core/redoc.html"


@require_safe
@csp_update({"style-src": INLINE_STYLES})
def problems(request: HttpRequest) -> HttpResponse:
    """Explain every type of problem: to programs in JSON, to people on a page."""
    kinds = list(problem_types().values())
    if request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        response = render(request, "core/problems.html", {"kinds": kinds, "documents": other_documents()})
    else:
        members = ("code", "status", "title", "meaning", "mend")
        described = [
            {"type": kind.address} | {name: getattr(kind, name) for name in members} for kind in kinds
        ]
        response = JsonResponse({"problems": described})
    patch_vary_headers(response, ["Accept"])
    return response


def document_urls() -> list[URLPattern]:
    """The addresses of the documents: ``schema/v1/``, ``docs/v1/`` and ``redoc/v1/`` for each version."""
    patterns = [
        # To the newest version; not for ever, as there will be a newer one.
        path("docs/", RedirectView.as_view(pattern_name=f"docs-{versions()[-1]}"), name="docs"),
        path("problems/", problems, name="problems"),
        # Where Swagger UI, as a client of an OAuth 2 provider, takes its code: one address to register.
        path("docs/oauth2-redirect.html", OAuth2RedirectView.as_view(), name=OAUTH2_REDIRECT),
    ]
    for version in versions():
        schema = f"schema-{version}"
        patterns += [
            path(f"schema/{version}/", SpectacularAPIView.as_view(api_version=version), name=schema),
            path(f"docs/{version}/", SwaggerView.as_view(url_name=schema), name=f"docs-{version}"),
            path(f"redoc/{version}/", RedocView.as_view(url_name=schema), name=f"redoc-{version}"),
        ]
    return patterns
