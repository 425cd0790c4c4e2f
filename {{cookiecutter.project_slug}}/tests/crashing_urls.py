"""An address that fails, for the tests of error logs."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def crash(_request: HttpRequest) -> HttpResponse:
    # A local variable that a traceback must not print.
    secret = "hush"
    raise ZeroDivisionError(len(secret))


urlpatterns = [path("crash/", crash)]
