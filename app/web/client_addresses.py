"""Addresses of clients: which are this machine's, which belong to one client, which are a proxy's."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from starlette.types import Scope

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_PROXY_HEADERS: Final = frozenset((b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via"))


def counted_as(scope: Scope, *, loopback: bool) -> str | None:
    """Return the name under which a request's client is counted: its address, or its /64 in IPv6.

    None for a request from this machine, unless `loopback` is counted too. A request that came through a
    proxy is not from this machine, whatever address it claims.
    """
    client: tuple[str, int] | None = scope.get("client")
    address = client[0] if client else ""
    if not loopback and is_loopback(address):
        for name, _ in scope["headers"]:
            if name in _PROXY_HEADERS:
                break
        else:
            return None
    return network_of(address)


@lru_cache(maxsize=4096)
def is_loopback(address: str) -> bool:
    """Return whether an address is this machine's; one that came by a Unix socket has none, and is too."""
    parsed = _parsed(address)
    return not address if parsed is None else parsed.is_loopback


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return the address, or its /64 in IPv6, all of which one host may use."""
    parsed = _parsed(address)
    if parsed is None:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))


def is_trusted(address: str, proxies: Sequence[str]) -> bool:
    """Return whether an address is among trusted proxies, which are addresses, networks, or `*` for all."""
    if "*" in proxies:
        return True
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in map(read_network, proxies))


@lru_cache(maxsize=256)
def read_network(text: str) -> _Network:
    """Parse an address or a network; raises `ValueError` where it is neither."""
    return ipaddress.ip_network(text)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, ipaddress.IPv6Address) else parsed
