"""The addresses of the provider: of the library's, those that something here uses.

Left out on purpose: pages on which anybody could register clients, the device flow, OpenID Connect,
dynamic registration, and introspection, which only a resource server apart from this one needs.
"""

from django.urls import path
from oauth2_provider import views

from apps.oauth2_auth import pages
from apps.oauth2_auth.malformed import refuse_malformed

# The library looks its addresses up under this name.
app_name = "oauth2_provider"

urlpatterns = [
    path(
        ".well-known/oauth-authorization-server",
        views.OAuthServerMetadataView.as_view(),
        name="oauth-server-metadata",
    ),
    path("oauth2/authorize/", refuse_malformed(pages.AuthorizePage.as_view()), name="authorize"),
    path("oauth2/sign-in/", refuse_malformed(pages.SignInPage.as_view()), name="sign-in"),
    # Both are exempt from CSRF protection, by the library: clients call them, not pages. They read no
    # cookie, and the client proves itself by its secret, or by the code and its verifier.
    path("oauth2/token/", refuse_malformed(views.TokenView.as_view()), name="token"),
    path("oauth2/revoke_token/", refuse_malformed(views.RevokeTokenView.as_view()), name="revoke-token"),
]
