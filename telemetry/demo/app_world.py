"""Countly: the world in which the app's users live, with roughly the shares that there are."""

from dataclasses import dataclass
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

__all__ = [
    "COUNTRIES",
    "RELEASES",
    "Country",
    "Model",
    "app_version",
    "chosen_model",
    "os_version",
]


@dataclass(frozen=True, slots=True)
class Country:
    code: str
    share: int
    zone: ZoneInfo
    apple: float
    """How many of its devices are Apple's."""
    cities: tuple[str, ...]
    carriers: tuple[str, ...]
    """The larger first."""


COUNTRIES = (
    Country(
        "US", 24, ZoneInfo("America/New_York"), 0.57,
        ("New York", "Chicago", "Atlanta", "Boston"), ("Verizon", "T-Mobile", "AT&T"),
    ),
    Country(
        "DE", 17, ZoneInfo("Europe/Berlin"), 0.37,
        ("Berlin", "Hamburg", "Leipzig", "Köln"), ("Telekom", "Vodafone", "O2"),
    ),
    Country(
        "TR", 14, ZoneInfo("Europe/Istanbul"), 0.24,
        ("Istanbul", "Ankara", "Izmir"), ("Turkcell", "Vodafone TR", "Turk Telekom"),
    ),
    Country(
        "BR", 13, ZoneInfo("America/Sao_Paulo"), 0.18,
        ("São Paulo", "Rio de Janeiro", "Recife"), ("Vivo", "Claro", "TIM"),
    ),
    Country(
        "IN", 12, ZoneInfo("Asia/Kolkata"), 0.05,
        ("Mumbai", "Bengaluru", "Delhi", "Pune"), ("Jio", "Airtel", "Vi"),
    ),
    Country(
        "GB", 8, ZoneInfo("Europe/London"), 0.5,
        ("London", "Leeds", "Glasgow"), ("EE", "O2", "Vodafone", "Three"),
    ),
    Country(
        "FR", 7, ZoneInfo("Europe/Paris"), 0.36,
        ("Paris", "Lyon", "Nantes"), ("Orange", "SFR", "Free", "Bouygues"),
    ),
    Country(
        "JP", 5, ZoneInfo("Asia/Tokyo"), 0.66,
        ("Tokyo", "Osaka", "Sapporo"), ("docomo", "au", "SoftBank"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Model:
    os: str
    name: str
    resolution: str
    share: int


MODELS = (
    Model("Android", "SM-A546B", "1080x2340", 17),
    Model("Android", "SM-S921B", "1080x2340", 14),
    Model("Android", "SM-A155F", "1080x2340", 12),
    Model("Android", "Redmi Note 13", "1080x2400", 13),
    Model("Android", "Pixel 8", "1080x2400", 9),
    Model("Android", "moto g54", "1080x2400", 8),
    Model("Android", "CPH2565", "720x1612", 7),
    Model("Android", "SM-X210", "1200x1920", 4),
    Model("iOS", "iPhone15,4", "1179x2556", 22),
    Model("iOS", "iPhone14,5", "1170x2532", 19),
    Model("iOS", "iPhone16,1", "1179x2556", 15),
    Model("iOS", "iPhone12,8", "750x1334", 8),
    Model("iOS", "iPad13,18", "1640x2360", 7),
)

# Day of the year of history on which each version came out.
RELEASES = (
    ("1.8", -200), ("1.9", 0), ("2.0", 58), ("2.0.1", 66), ("2.1", 131), ("2.2", 204),
    ("2.3", 262), ("2.3.1", 275), ("3.0", 341),
)  # fmt: skip

# Versions of systems, and the day on which each came; devices follow within weeks, or never.
_SYSTEMS = {
    "Android": (("12", -900), ("13", -700), ("14", -400), ("15", -40), ("16", 210)),
    "iOS": (("16.7", -700), ("17.6", -300), ("18.1", -60), ("18.5", 170), ("26.0", 300)),
}


def os_version(os: str, patience: float, day: float) -> str:
    """What a device runs on a day; `patience`: from 0, which updates at once, to 1, which never."""
    versions = _SYSTEMS[os]
    found = versions[0][0]
    for (_, before), (version, came) in pairwise(versions):
        # Nobody goes back: whoever waits for one waits longer for the next.
        wait = 12 + (came - before) * 1.6 * patience**2
        if came + wait <= day:
            found = version
    return found


def app_version(wait: float, day: float) -> str:
    """What a device runs on a day that takes `wait` days for an update."""
    found = RELEASES[0][0]
    for version, came in RELEASES:
        if came + wait <= day:
            found = version
    return found


def chosen_model(rng: Random, apple: bool) -> Model:
    fitting = [model for model in MODELS if (model.os == "iOS") == apple]
    return rng.choices(fitting, [model.share for model in fitting])[0]
