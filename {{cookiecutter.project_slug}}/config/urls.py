"""The root of all addresses."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.templatetags.static import static as static_address
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from apps.background.views import show_metrics
from apps.core.api.documents import document_urls
from apps.users.login import throttled
from config import project

admin.site.site_header = project.NAME
admin.site.site_title = project.NAME

# Asked for when it is used: before collectstatic nobody knows the name.
FAVICON = lazy(static_address, str)("core/favicon.svg")

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="docs"), name="home"),
    # What the links in e-mails open where there is no front end.
    path("account/", include("apps.users.urls")),
    # In front of the same addresses below: what they log in is counted.
    path("admin/login/", throttled(admin.site.login)),
    path("api/session/login/", throttled(LoginView.as_view(template_name="rest_framework/login.html"))),
    path("admin/", admin.site.urls),
    # For a monitoring system that knows METRICS_TOKEN.
    path("metrics", show_metrics, name="metrics"),
    # Browsers ask for it on every page that names no icon, such as the admin's.
    path("favicon.ico", RedirectView.as_view(url=FAVICON), name="favicon"),
    path("api/", include("config.api")),
    # Sign-in and sign-out for the browsable API.
    path("api/session/", include("rest_framework.urls")),
    path("api/", include(document_urls())),
    # @if cookiecutter.api_auth == "OAuth2"
    # The provider: /oauth2/ and its metadata.
    path("", include("apps.oauth2_auth.urls")),
    # @endif
    # Uploads, with DEBUG only: elsewhere the proxy or the object storage serves them.
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]

# Problems below /api/, pages elsewhere.
handler400 = "apps.core.api.error_pages.bad_request"
handler403 = "apps.core.api.error_pages.permission_denied"
handler404 = "apps.core.api.error_pages.not_found"
handler500 = "apps.core.api.error_pages.server_error"
