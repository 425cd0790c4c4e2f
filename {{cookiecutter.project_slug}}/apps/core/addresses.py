"""Who asks: the client's address behind a known number of proxies.

``X-Forwarded-For`` is a list to which every proxy adds, at its end, the address that it was called
from. Whatever a client sends stands at the beginning, so only the entries of our own proxies, counted
from the end, can be believed.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.http import HttpRequest
from rest_framework.settings import api_settings

# What one customer gets at least (RFC 6177): all addresses in it are one client's to choose from.
PREFIX_OF_A_CUSTOMER = 64


def client_address(request: HttpRequest) -> str:
    """Return the address from which the outermost of our proxies was called.

    ``REST_FRAMEWORK["NUM_PROXIES"]`` says how many proxies there are, as for REST framework's own
    throttles: with 0, or without the header, the peer of the connection is the client. None, which
    would believe the whole header, is taken for 0 here. A header shorter than the chain of proxies
    was begun by one of them, and its first entry counts.

    Returns:
        The shortest spelling, without port or zone; IPv4 inside IPv6 as IPv4. Where the entry is no
        address, that of the peer. Empty where there is no address at all, as with a Unix socket.
    """
    peer = parse_address(request.META.get("REMOTE_ADDR", ""))
    address = forwarded_address(request, proxies=api_settings.NUM_PROXIES or 0) or peer
    return str(address or "")


def client_network(request: HttpRequest) -> str:
    """Return ``client_address``, an IPv6 address as the first of its /64 network.

    For whatever counts clients: in its own network a client changes its address at will.
    """
    return network_of(client_address(request))


def network_of(address: str) -> str:
    """Return what counts as one client with ``address``, as ``client_address`` spells it."""
    if ":" not in address:
        return address
    return str(IPv6Network((address, PREFIX_OF_A_CUSTOMER), strict=False).network_address)


def forwarded_address(request: HttpRequest, *, proxies: int) -> IPv4Address | IPv6Address | None:
    header = request.META.get("HTTP_X_FORWARDED_FOR")
    if not proxies or header is None:
        return None
    # Split from the end: what a client has sent before is not even read.
    entries = header.rsplit(",", maxsplit=proxies)
    return parse_address(entries[-min(proxies, len(entries))])


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Read ``192.0.2.1``, ``192.0.2.1:4711``, ``2001:db8::1`` or ``[2001:db8::1]:4711``."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
