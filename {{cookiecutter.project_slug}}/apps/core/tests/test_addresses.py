import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from apps.core.addresses import client_address, client_network

PEER = "192.0.2.1"


@pytest.fixture
def behind(settings: Settings) -> "Behind":
    return Behind(settings)


class Behind:
    """Requests as they arrive behind a number of proxies."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __call__(self, proxies: int | None, *, forwarded: str | None = None, peer: str = PEER) -> str:
        self.settings.REST_FRAMEWORK = {**self.settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
        headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
        return client_address(RequestFactory(REMOTE_ADDR=peer).get("/", headers=headers))


@pytest.mark.parametrize("proxies", [0, None])
def test_without_proxies_the_header_is_the_clients_own_invention(behind: Behind, proxies: int | None) -> None:
    assert behind(proxies, forwarded="203.0.113.9") == PEER


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "198.51.100.1,203.0.113.9,10.0.0.2", "203.0.113.9"),
        # Shorter than the chain: whoever called the inner proxy did so directly.
        (2, "203.0.113.9", "203.0.113.9"),
        (1, None, PEER),
    ],
)
def test_client_is_whom_the_outermost_proxy_saw(
    behind: Behind, proxies: int, forwarded: str | None, address: str
) -> None:
    assert behind(proxies, forwarded=forwarded) == address


def test_changing_what_the_client_sends_changes_nothing(behind: Behind) -> None:
    forged = [f"198.51.100.{number}, 203.0.113.9" for number in range(50)]

    assert {behind(1, forwarded=header) for header in forged} == {"203.0.113.9"}


@pytest.mark.parametrize(
    ("spelt", "address"),
    [
        ("203.0.113.9:4711", "203.0.113.9"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
def test_each_spelling_of_an_address_is_one_address(behind: Behind, spelt: str, address: str) -> None:
    assert behind(1, forwarded=spelt) == address
    assert behind(0, peer=spelt) == address


@pytest.mark.parametrize(
    "garbage", ["", " ", ",", "unknown", "_hidden", "203.0.113.999", "[", "%", "1" * 9000, "<script>", "é"]
)
def test_what_is_no_address_counts_for_the_peer(behind: Behind, garbage: str) -> None:
    assert behind(1, forwarded=garbage) == PEER
    assert behind(2, forwarded=garbage) == PEER


def test_unix_socket_without_a_header_has_no_address(behind: Behind) -> None:
    assert behind(1, peer="") == ""
    assert behind(0, peer="", forwarded="203.0.113.9") == ""


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("", ""),
    ],
)
def test_addresses_of_one_ipv6_network_are_one_client(address: str, network: str) -> None:
    request = RequestFactory(REMOTE_ADDR=address).get("/")

    assert client_network(request) == network
