from typing import Any

from django.contrib import admin
from django.db.models import Field
from django.forms import ChoiceField
from django.http import HttpRequest
from oauth2_provider.admin import ApplicationAdmin as LibraryAdmin
from oauth2_provider.models import Application

GRANTS = (Application.GRANT_AUTHORIZATION_CODE, Application.GRANT_CLIENT_CREDENTIALS)

admin.site.unregister(Application)


@admin.register(Application)
class ApplicationAdmin(LibraryAdmin):  # type: ignore[misc]  # it has no annotations
    """Clients, with the choices that this provider offers. Secrets are always hashed."""

    exclude = ("algorithm", "allowed_origins", "hash_client_secret", "post_logout_redirect_uris")
    list_select_related = ("user",)
    # The library would lead to a page of its own that is not mounted.
    view_on_site = False

    def formfield_for_choice_field(
        self, db_field: "Field[Any, Any]", request: HttpRequest | None, **kwargs: Any
    ) -> ChoiceField:
        if db_field.name == "authorization_grant_type":
            kwargs["choices"] = [choice for choice in Application.GRANT_TYPES if choice[0] in GRANTS]
        field: ChoiceField = super().formfield_for_choice_field(db_field, request, **kwargs)
        return field
