from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.jwt_auth import services
from apps.jwt_auth.models import TokenFamily


@admin.register(TokenFamily)
class TokenFamilyAdmin(admin.ModelAdmin[TokenFamily]):
    """Who is signed in; to be looked at, and to be revoked."""

    list_display = ("user", "created_at", "last_used_at", "expires_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    ordering = ("-created_at",)
    date_hierarchy = "created_at"
    actions = ("revoke",)

    @admin.action(description="Sign out the selected token families", permissions=["delete"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[TokenFamily]) -> None:
        for family in queryset:
            services.revoke(family=family)
        self.message_user(request, "They are signed out.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: TokenFamily | None = None) -> bool:
        return False
