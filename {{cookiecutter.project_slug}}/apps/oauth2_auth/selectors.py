"""What can be read about clients."""

from urllib.parse import parse_qs, urlsplit

from oauth2_provider.models import Application


def origin_of(address: str) -> str:
    """Return ``https://shop.example.com`` for ``https://shop.example.com/callback?of=ours``."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def callback_origin(authorization_request: str) -> str | None:
    """Return the origin that an authorization request wants to send the person back to.

    Args:
        authorization_request: Its address, as anybody may have written it.

    Returns:
        Nothing unless the redirect address is registered for the client.
    """
    try:
        parameters = parse_qs(urlsplit(authorization_request).query, errors="strict")
        client_id, redirect_uri = parameters["client_id"][0], parameters["redirect_uri"][0]
        client = Application.objects.filter(client_id=client_id).first()
        allowed = client is not None and client.redirect_uri_allowed(redirect_uri)
    except (KeyError, ValueError):
        # Incomplete, or no address.
        return None
    return origin_of(redirect_uri) if allowed else None
