"""Which network addresses a feed may be reached at: public ones, and those of hosts named by the user."""

import asyncio
import ipaddress
import socket
from collections.abc import Collection

from ingest.errors import Blocked, Unreachable

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Without these, Pythons of some ages take odd corners of both families for public.
_UNICAST, _PROTOCOLS = ipaddress.IPv6Network("2000::/3"), ipaddress.IPv4Network("192.0.0.0/24")


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet at large; one that wraps an IPv4 address is judged by that."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(ip.packed[-4:])
        if inner is None and ip not in _UNICAST:
            return False
        ip = inner or ip
    return ip.is_global and not ip.is_multicast and ip not in _PROTOCOLS


class Gate:
    """`allowed` holds `host` or `host:port` that may be reached although private. A redirect gains nothing from it."""

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = frozenset(h.lower() for h in allowed)

    def allows(self, host: str, port: int) -> bool:
        shown = f"[{host}]" if ":" in host else host.lower()
        return not self._allowed.isdisjoint({host.lower(), shown, f"{shown}:{port}"})

    async def addresses(self, host: str, port: int) -> list[str]:
        """The IP addresses at which `host` may be reached, in the resolver's order, at least one.

        Raises `Unreachable` where the name has none, `Blocked` where it has only forbidden ones.
        """
        found = await _resolve(host, port)
        open_ones = found if self.allows(host, port) else [a for a in found if is_public(a)]
        if not open_ones:
            fix = f"add {host}:{port} to allow_private_hosts if that is meant"
            raise Blocked(f"{host} is at {found[0]}, which is no public address", fix)
        return open_ones


async def _resolve(host: str, port: int) -> list[str]:
    """Odd spellings of an address (0x7f.1, 2130706433) come out as what they mean."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{host}: the name cannot be resolved", "check the address and the connection") from error
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
