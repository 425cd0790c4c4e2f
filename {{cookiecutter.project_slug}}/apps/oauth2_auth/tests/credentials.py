from django.test import Client

from apps.oauth2_auth.services import ClientKind, register_client
from apps.users.models import User


def authorization(user: User) -> str:
    """The header of a service that acts for an account."""
    client, secret = register_client(name="Service", kind=ClientKind.SERVICE, account=user)
    asked = {"grant_type": "client_credentials", "scope": "read write"}
    mine = {"client_id": client.client_id, "client_secret": secret}
    answer = Client().post("/oauth2/token/", asked | mine)
    return f"Bearer {answer.json()['access_token']}"
