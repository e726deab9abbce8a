"""How people read what is counted under: names of countries, versions with dots, ranges."""

import re
from collections.abc import Mapping

from sessions_app.models import AppUser, Dimension
from sessions_app.usage.countries import country_name
from sessions_app.usage.ranges import DURATION_LABELS, FREQUENCY_LABELS, LOYALTY_LABELS

__all__ = ["DIMENSIONS", "METRICS", "RANGES", "dotted", "label_of", "metrics_of"]

DIMENSIONS: Mapping[str, Dimension] = {
    "sessions": Dimension.SESSIONS,
    "country": Dimension.COUNTRY,
    "city": Dimension.CITY,
    "carrier": Dimension.CARRIER,
    "device": Dimension.DEVICE,
    "os": Dimension.OS,
    "os_version": Dimension.OS_VERSION,
    "resolution": Dimension.RESOLUTION,
    "app_version": Dimension.APP_VERSION,
    "frequency": Dimension.FREQUENCY,
    "loyalty": Dimension.LOYALTY,
    "duration": Dimension.DURATION,
}
"""The words that URLs have for what sessions are counted by."""
RANGES: Mapping[Dimension, tuple[str, ...]] = {
    Dimension.FREQUENCY: FREQUENCY_LABELS,
    Dimension.LOYALTY: LOYALTY_LABELS,
    Dimension.DURATION: DURATION_LABELS,
}
METRICS: Mapping[str, Dimension] = {
    word: dimension
    for word, dimension in DIMENSIONS.items()
    if dimension != Dimension.SESSIONS and dimension not in RANGES
}
"""Those that have values of their own, such as names of devices."""

# What has become a colon was a dot, but for that of an address.
_COLON = re.compile(r":(?!//)")


def dotted(value: str) -> str:
    """“1.2” for “1:2”. A colon that was one from the beginning becomes a dot as well."""
    return _COLON.sub(".", value)


def label_of(dimension: int, value: str) -> str:
    """A value as people read it."""
    if dimension == Dimension.COUNTRY:
        return country_name(value)
    labels = RANGES.get(Dimension(dimension))
    if labels is None:
        return dotted(value)
    known = value.isascii() and value.isdecimal() and int(value) < len(labels)
    return labels[int(value)] if known else value


def metrics_of(user: AppUser) -> dict[str, str]:
    """What a user's device told last, as it is stored: by the words of `METRICS`."""
    return {
        word: user.metrics[str(dimension.value)]
        for word, dimension in METRICS.items()
        if str(dimension.value) in user.metrics
    }
