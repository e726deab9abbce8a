"""What the values of environment variables must be like, in words for whoever set them."""

import re
import zoneinfo
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import URLValidator, validate_email
from environs import Env, EnvError, EnvValidationError, validate
from environs import ValidationError as BadValue

__all__ = [
    "EnvError",
    "Environment",
    "bad",
    "between",
    "email",
    "host_names",
    "is_base_url",
    "long",
    "one_line",
    "one_of",
    "zone",
]

_HOST_NAME = re.compile(
    r"\*|\.?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\]", re.IGNORECASE
)


class Environment(Env):
    """Environment variables; one that is empty, as compose files make them, counts as not set."""

    def _get_value(self, env_key: str, default: Any) -> Any:
        return super()._get_value(env_key, default) or default


def bad(name: str, why: object) -> ImproperlyConfigured:
    """The error for a bad value of the environment variable `name`: one line."""
    return ImproperlyConfigured(f"{name}: {' '.join(str(why).split())}")


def one_line(error: EnvError) -> ImproperlyConfigured:
    """What the library says of a bad value, as one line that begins with the variable's name."""
    found = re.search(r'"(\w+)"', str(error))
    why = error.error_messages if isinstance(error, EnvValidationError) else str(error)
    return bad(found[1] if found else "environment", why if isinstance(why, str) else " ".join(why))


def between(least: int, most: int) -> validate.Range:
    return validate.Range(least, most, error=f"It must be a whole number from {least} to {most}.")


def one_of(*choices: str) -> validate.OneOf:
    return validate.OneOf(choices, error=f"It must be one of {', '.join(choices)}.")


def zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise BadValue(f"“{name}” is not a time zone, such as Europe/Berlin.")


def long(text: str) -> None:
    """A secret that cannot be guessed; empty: one is made."""
    if text and (len(text) < 32 or len(set(text)) < 5):
        raise BadValue("It must have 32 characters or more, at random. Unset, one is made.")


def email(text: str) -> None:
    """An address, also with a name: ``Lab <lab@example.org>``; or empty."""
    try:
        if text:
            validate_email(parseaddr(text)[1].replace("@localhost", "@localhost.localdomain"))
    except ValidationError:
        raise BadValue(f"“{text}” is not an e-mail address.") from None


def host_names(names: list[str]) -> None:
    for name in names:
        if not _HOST_NAME.fullmatch(name.strip()):
            raise BadValue(f"“{name}” is not a host name; leave out scheme, port and path.")


def is_base_url(text: str) -> bool:
    """Whether clients could be given this address: scheme, host, perhaps a port and a path."""
    try:
        parts = urlsplit(text)
        # The library wants a dot in a host name, but a name of the local network has none.
        host = parts.hostname or ""
        dotted = text if "." in host or ":" in host else text.replace(host, f"{host}.example", 1)
        URLValidator(schemes=["http", "https"])(dotted)
    except (ValidationError, ValueError):
        return False
    return not parts.query and not parts.fragment
