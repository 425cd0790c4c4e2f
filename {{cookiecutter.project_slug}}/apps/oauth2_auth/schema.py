"""The scheme in the OpenAPI document."""

from typing import Any

from django.urls import reverse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from oauth2_provider.settings import oauth2_settings

from apps.oauth2_auth.authentication import required_scope


class OAuth2Scheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "apps.oauth2_auth.authentication.OAuth2Authentication"
    name = "oauth2"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        authorize, token = reverse("oauth2_provider:authorize"), reverse("oauth2_provider:token")
        for_services = {"tokenUrl": token, "scopes": oauth2_settings.SCOPES}
        for_people = {"authorizationUrl": authorize, "refreshUrl": token, **for_services}
        flows = {"authorizationCode": for_people, "clientCredentials": for_services}
        return {"type": "oauth2", "flows": flows}

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        """Name the scope that the operation needs."""
        return {self.name: [required_scope(auto_schema.method)]}
