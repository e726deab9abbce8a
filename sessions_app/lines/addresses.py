"""Addresses of players in lines, as their project's address policy has them."""

import re

from telemetry.addresses import shortened, shown_address

__all__ = ["with_shown_addresses"]

# As Java prints whom it is connected to: “/203.0.113.9:54321”, “host/203.0.113.9:54321”, and IPv6
# in brackets or, of old, without. Not the address in a URL that somebody mentions.
_PEER = re.compile(r"(?<!/)/(\[?[0-9A-Fa-f:.]{2,45}(?:%[\w.-]{1,32})?\]?):(\d{1,5})(?!\d)")
_OF_HOST_NAMES = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
_HIDDEN = "IP hidden"
"""What Minecraft itself prints for ``log-ips=false``."""


def with_shown_addresses(policy: str, text: str) -> str:
    """The line with addresses of connections as a project of this policy stores them."""
    parts: list[str] = []
    done = 0
    for found in _PEER.finditer(text):
        address = found[1].strip("[]")
        if not shortened(address):
            continue  # looks like one, such as “24/7:30”, and is none
        shown = shown_address(policy, address)
        if shown != address:
            parts.append(text[done : found.start()].rstrip(_OF_HOST_NAMES))
            place = f"[{shown}]" if ":" in shown else shown
            parts.append(f"/{place}:{found[2]}" if shown else _HIDDEN)
            done = found.end()
    return "".join(parts) + text[done:] if parts else text
