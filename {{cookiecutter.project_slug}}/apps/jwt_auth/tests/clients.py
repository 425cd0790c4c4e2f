"""What clients of the API do."""

from dataclasses import dataclass, field
from typing import Any

from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.tests.factories import PASSWORD

TOKEN = "/api/v1/auth/token/"
REFRESH = "/api/v1/auth/token/refresh/"
SIGN_OUT = "/api/v1/auth/sign-out/"
PROFILE = "/api/v1/users/me/"


@dataclass
class Device:
    """A client that keeps the pair of tokens it was given last."""

    access: str = ""
    refresh: str = ""
    client: APIClient = field(default_factory=APIClient)

    def sign_in(self, user: User, password: str = PASSWORD) -> Any:
        return self._keep(self.client.post(TOKEN, {"email": user.email, "password": password}))

    def renew(self) -> Any:
        return self._keep(self.client.post(REFRESH, {"refresh": self.refresh}))

    def call(self, method: str = "GET", path: str = PROFILE, data: Any = None) -> Any:
        header = {"Authorization": f"Bearer {self.access}"}
        return getattr(self.client, method.lower())(path, data, headers=header)

    def sign_out(self) -> Any:
        return self.call("POST", SIGN_OUT)

    def _keep(self, response: Any) -> Any:
        if response.status_code == 200:
            self.access, self.refresh = response.json()["access"], response.json()["refresh"]
        return response


def answer(response: Any) -> tuple[int, str]:
    """The status and the code of a refusal."""
    return response.status_code, response.json()["code"]
