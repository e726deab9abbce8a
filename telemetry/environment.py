"""What the values of environment variables must be like, in words for whoever set them."""

import re
import zoneinfo
from email.utils import parseaddr

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from environs import EnvError, EnvValidationError, validate
from environs import ValidationError as BadValue

__all__ = [
    "EnvError",
    "bad",
    "between",
    "email",
    "host_names",
    "long",
    "one_line",
    "one_of",
    "zone",
]

_HOST_NAME = re.compile(
    r"\*|\.?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\]", re.IGNORECASE
)


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
