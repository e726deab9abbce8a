"""Addresses: this server's own, where no request tells by which name it was reached, and what is
stored of its clients'.
"""

import socket

from django.conf import settings

from telemetry.models import Project

__all__ = ["own_url", "shortened", "shown_address"]

_ANY = {"0.0.0.0", "::", ""}  # noqa: S104 - compared, not bound


def own_url(host: str = "", port: int = 0) -> str:
    """``PUBLIC_URL``, or else scheme, host and port that reach it from this machine."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    host = host or settings.HOST
    if host in _ANY:
        host = "localhost"
    if ":" in host:
        host = f"[{host}]"
    return f"http://{host}:{port or settings.PORT}"


def shown_address(policy: str, address: str) -> str:
    """What a project of this address policy stores and tells of a client's address."""
    if policy == Project.AddressPolicy.KEEP:
        return address
    return shortened(address) if policy == Project.AddressPolicy.SHORTEN else ""


def shortened(address: str) -> str:
    """The network that an address is in: the first 24 bits of IPv4, 48 of IPv6, the rest zero.

    Empty if it is no address: nobody knows what else there is in it.
    """
    # By the C library, which takes a tenth of what the ipaddress module does.
    try:
        if ":" not in address:
            return socket.inet_ntoa(socket.inet_pton(socket.AF_INET, address)[:3] + _REST[:1])
        bits = socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
    except (OSError, ValueError):
        return ""
    if bits.startswith(_MAPPED):  # IPv4, as a socket for both sees it
        return socket.inet_ntoa(bits[12:15] + _REST[:1])
    return socket.inet_ntop(socket.AF_INET6, bits[:6] + _REST)


_REST = bytes(10)
_MAPPED = bytes(10) + b"\xff\xff"
