"""The two pages that people see: who are you, and may this client act for you?"""

from http import HTTPStatus
from math import ceil
from typing import Any, cast

from csp.decorators import csp_update
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from oauth2_provider.exceptions import OAuthToolkitError
from oauth2_provider.views import AuthorizationView
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.api.throttling import AccountThrottle, AddressThrottle
from apps.oauth2_auth.selectors import callback_origin, origin_of
from apps.users.credentials import owner_of
from apps.users.errors import EmailNotVerified


class SignInAttempt(Request):
    """A filled-in form, as the throttles of the API see it."""

    @property
    def data(self) -> dict[str, str]:
        return {"email": self._request.POST.get("username", "")}


class SignInForm(AuthenticationForm):
    """Django's; it tells those who know the password that their address is not verified yet."""

    def get_invalid_login_error(self) -> ValidationError:
        data = self.cleaned_data
        user = owner_of(email=data["username"], password=data["password"])
        if user is not None and user.is_active:
            return ValidationError(EmailNotVerified.title, code=EmailNotVerified.code)
        return super().get_invalid_login_error()


class SignInPage(LoginView):
    """Sign in with e-mail address and password; counted together with the API's own sign-ins."""

    template_name = "oauth2_auth/sign_in.html"
    authentication_form = SignInForm
    next_page = "home"
    # What the throttles read of a view.
    throttle_scope = "sign_in"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        return allow_form_to_lead_to(callback_origin(self.get_redirect_url()), response)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        throttles = [AddressThrottle(), AccountThrottle()]
        attempt = SignInAttempt(request)
        view = cast(APIView, self)
        waits = [throttle.wait() for throttle in throttles if not throttle.allow_request(attempt, view)]
        return self.ask_to_wait(ceil(max(waits))) if waits else super().post(request, *args, **kwargs)

    def ask_to_wait(self, seconds: int) -> HttpResponse:
        context = self.get_context_data(form=SignInForm(self.request), seconds_to_wait=seconds)
        headers = {"Retry-After": str(seconds)}
        status = HTTPStatus.TOO_MANY_REQUESTS
        return self.render_to_response(context, status=status, headers=headers)


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
            answer: HttpResponse = self.error_response(error, application=None)
        else:
            answer = super().handle_no_permission()
        return answer


def allow_form_to_lead_to(origin: str | None, response: HttpResponseBase) -> HttpResponseBase:
    """Let the page's form end at a client, for some browsers look where redirects after it lead.

    Our Content-Security-Policy says ``form-action 'self'``, and Chromium holds that against every
    redirect that follows.
    """
    if origin is None:
        return response
    return csp_update({"form-action": [origin]})(lambda _request: response)(HttpRequest())
