"""The root of all addresses on your own machine: those of ``config/urls.py``, and the mail catcher's."""

from django.urls import include, path

from config import urls
from config.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [path("mails/", include("devtools.mails.urls")), *urls.urlpatterns]
