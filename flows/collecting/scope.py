"""Which hosts and addresses a source may be asked at: what its entry names, and nothing else.

A host name is resolved here and the connection is made to the very address that was looked at, so that a name which
leads elsewhere a moment later gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self

import httpx

from flows.collecting.problems import Unavailable
from flows.config.sources import WebSource

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]

PORTS: Final = {"http": 80, "https": 443}
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_MOST_TRIED: Final = 3


@dataclass(frozen=True, slots=True)
class Scope:
    """What the entry of a source allows.

    Attributes:
        hosts: Host names that it names, in lower case.
        beneath: Domains of which every host is allowed (`*.example.gov.cn`).
        ports: Ports that it names, and those of http and https.
        origins: Scheme, host and port of its own addresses: only they are sent its credentials.
        private_network: Whether its host names may lead into a private network.
    """

    hosts: frozenset[str]
    beneath: tuple[str, ...]
    ports: frozenset[int]
    origins: frozenset[tuple[str, str, int]]
    private_network: bool

    @classmethod
    def of(cls, source: WebSource) -> Self:
        """Return what the entry of a source allows."""
        named = [origin(httpx.URL(address)) for address in source.addresses()]
        hosts = [host.lower() for host in source.hosts]
        alone = [origin(httpx.URL(f"http://{host}"))[1] for host in hosts if not host.startswith("*.")]
        return cls(
            hosts=frozenset([host for _, host, _ in named] + alone),
            beneath=tuple(f".{origin(httpx.URL(f'http://{host[2:]}'))[1]}" for host in hosts if host.startswith("*.")),
            ports=frozenset([port for _, _, port in named] + list(PORTS.values())),
            origins=frozenset(named),
            private_network=source.private_network,
        )

    def allows(self, url: httpx.URL) -> bool:
        """Return whether an address may be asked, by its scheme, host and port."""
        scheme, host, port = origin(url)
        return scheme in PORTS and port in self.ports and (host in self.hosts or host.endswith(self.beneath))

    def require(self, url: httpx.URL) -> None:
        """Refuse an address that may not be asked.

        Raises:
            Unavailable: host_not_named.
        """
        if not self.allows(url):
            raise Unavailable(
                "host_not_named",
                f"it leads to {url.scheme}://{url.netloc.decode('ascii', 'replace')}, which the source does not name: "
                "add the host to its hosts if it is right",
            )

    def only_allowed(self, host: str, addresses: Sequence[Address]) -> list[Address]:
        """Keep the addresses that a host may be reached at.

        Raises:
            Unavailable: private_address: none is left.
        """
        literal = _literal(host)
        is_named = host in self.hosts and (literal is not None or host == "localhost")
        allowed = [a for a in addresses if is_named or is_public(a) or (self.private_network and _is_private(a))]
        if not allowed:
            raise Unavailable(
                "private_address",
                f"{host} leads to {', '.join(map(str, addresses))}, which is not on the public internet: "
                "if it is your own network, set private_network = true in the source",
            )
        return allowed


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Return scheme, host and port of an address.

    Example:
        >>> origin(httpx.URL("https://www.Example.gov.cn/a"))
        ('https', 'www.example.gov.cn', 443)
    """
    return url.scheme, url.host.lower().rstrip("."), url.port or PORTS.get(url.scheme, 0)


def is_public(address: Address) -> bool:
    """Return whether an address is on the public internet, also where it stands for an IPv4 address.

    Example:
        >>> [is_public(ipaddress.ip_address(a)) for a in ("1.1.1.1", "10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1")]
        [True, False, False, False]
    """
    address = _unwrapped(address)
    return address.is_global and not address.is_multicast


def _is_private(address: Address) -> bool:
    """Return whether an address is in a private network or this machine; never one that only a link or a group has."""
    address = _unwrapped(address)
    if address.is_loopback:
        return True
    is_odd = address.is_multicast or address.is_link_local or address.is_unspecified or address.is_reserved
    return not (address.is_global or is_odd)


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)
    return address


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


async def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a host name, in the order in which the system would try them.

    Raises:
        OSError: There is no such name, or no name server answers.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(str(place[4][0]).partition("%")[0]) for place in found))


class PinnedTransport(httpx.AsyncBaseTransport):
    """Connects only to addresses that the `Scope` in the request's extensions allows.

    Every host name has connections of its own, as one address may serve many names with a certificate for each.
    """

    def __init__(self, resolve: Resolve = resolve) -> None:
        self._resolve = resolve
        self._ssl = httpx.create_ssl_context()
        self._by_host: dict[str, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the first allowed address that answers."""
        scope: Scope = request.extensions["scope"]
        scope.require(request.url)
        scheme, host, port = origin(request.url)
        try:
            addresses = await self._resolve(host, port)
        except OSError as error:
            raise httpx.ConnectError(f"{host} is not known ({error.strerror or error})", request=request) from error
        allowed = scope.only_allowed(host, addresses)[:_MOST_TRIED]
        transport = self._by_host.setdefault(f"{scheme}://{host}", httpx.AsyncHTTPTransport(verify=self._ssl))
        for address in allowed[:-1]:
            try:
                return await transport.handle_async_request(_pinned(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await transport.handle_async_request(_pinned(request, allowed[-1]))

    async def aclose(self) -> None:
        """Close all connections."""
        for transport in self._by_host.values():
            await transport.aclose()


def _pinned(request: httpx.Request, address: Address) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")},
    )
