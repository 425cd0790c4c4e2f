"""The two pages that people see: who are you, and may this client act for you?"""

from typing import Any

from csp.decorators import csp_update
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from oauth2_provider.exceptions import OAuthToolkitError
from oauth2_provider.views import AuthorizationView

from apps.oauth2_auth.selectors import callback_origin, origin_of


class SignInPage(LoginView):
    """Sign in with e-mail address and password; throttled as the API's own sign-in is."""

    template_name = "oauth2_auth/sign_in.html"
    next_page = reverse_lazy("home")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        return allow_form_to_lead_to(callback_origin(self.get_redirect_url()), response)


@method_decorator(never_cache, name="dispatch")
class AuthorizePage(AuthorizationView):  # type: ignore[misc]  # it has no annotations
    """Ask a person whether a client may act for them."""

    template_name = "oauth2_auth/authorize.html"
    login_url = reverse_lazy("oauth2_provider:sign-in")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        # What the library has validated.
        address = self.oauth2_data.get("redirect_uri")
        return allow_form_to_lead_to(origin_of(address) if address else None, response)

    def handle_no_permission(self) -> HttpResponse:
        """Tell a client its mistakes before anybody signs in for it."""
        try:
            self.validate_authorization_request(self.request)
        except OAuthToolkitError as error:
            return self.error_response(error, application=None)
        return super().handle_no_permission()


def allow_form_to_lead_to(origin: str | None, response: HttpResponseBase) -> HttpResponseBase:
    """Let the page's form end at a client, for some browsers look where redirects after it lead.

    Our Content-Security-Policy says ``form-action 'self'``, and Chromium holds that against every
    redirect that follows.
    """
    if origin is None:
        return response
    return csp_update({"form-action": [origin]})(lambda _request: response)(HttpRequest())
