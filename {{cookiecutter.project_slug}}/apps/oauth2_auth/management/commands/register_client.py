from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps.oauth2_auth.services import ClientKind, register_client
from apps.users.models import User


class Command(BaseCommand):
    help = (
        "Register an OAuth 2 client, and print its id and secret, once. "
        "web: has a server that keeps a secret; app: in a browser or on a phone, without a secret; "
        "service: acts for itself, with the rights of an account."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="As people read it when they are asked to allow it.")
        parser.add_argument("kind", type=ClientKind, choices=list(ClientKind), metavar="{web,app,service}")
        parser.add_argument(
            "--redirect-uri",
            action="append",
            default=[],
            help="Where people are sent back to, exactly as the client writes it; may be repeated.",
        )
        parser.add_argument("--account", help="E-mail address of the account whose rights a service has.")

    def handle(self, *args: Any, name: str, kind: ClientKind, **options: Any) -> None:
        account = find_account(options["account"])
        try:
            client, secret = register_client(
                name=name, kind=kind, redirect_uris=options["redirect_uri"], account=account
            )
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from None
        except ValueError as refusal:
            raise CommandError(f"{refusal} Name one with --account.") from None
        self.stdout.write(f"client_id: {client.client_id}")
        if secret:
            self.stdout.write(f"client_secret: {secret}")
            self.stderr.write("Keep the secret now: the database has only its hash.")


def find_account(email: str | None) -> User | None:
    if email is None:
        return None
    account = User.objects.filter(email=email).first()
    if account is None:
        raise CommandError(f"There is no account {email}.")
    return account
