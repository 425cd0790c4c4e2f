"""The root of all addresses on your own machine: those of ``config/urls.py``, and the mail catcher's."""

from django.urls import include, path

from config import urls
from config.urls import *  # noqa: F403 - the handlers of errors too, whichever there are

urlpatterns = [path("mails/", include("devtools.mails.urls")), *urls.urlpatterns]
