"""Country and city of an address, from a real database in MaxMind's format."""

from pathlib import Path

import pytest

from telemetry.geo import Location, locate

FILES = Path(__file__).parent / "geoip"
NOWHERE = Location("", "")


@pytest.fixture
def cities(settings):
    settings.GEOIP_DATABASE = str(FILES / "GeoLite2-City-Test.mmdb")


@pytest.mark.parametrize(
    ("address", "country", "city"),
    [
        ("81.2.69.142", "GB", "London"),
        ("175.16.199.1", "CN", "Changchun"),
        ("89.160.20.112", "SE", "Linköping"),
        ("2001:480::1", "US", "San Diego"),
        ("2001:218::1", "JP", ""),
        ("::ffff:81.2.69.142", "GB", "London"),
        ("::FFFF:5102:458E", "GB", "London"),
        ("2001:480::1%eth0", "US", "San Diego"),
    ],
)
def test_an_address_is_in_a_country_and_perhaps_in_a_city(cities, address, country, city):
    assert locate(address) == Location(country, city)
    assert locate(address) == Location(country, city), "the second time it is remembered"


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.1.7", "::1", "fe80::1%eth0", "1.1.1.1"),
        *("", "unknown", "_hidden", "81.2.69", "81.2.69.142:5000", "81.2.69.142, 10.0.0.1"),
        *("[2001:480::1]", "%", "81.2.69.142\0", "\uff181.2.69.142", "\udc80", "1" * 10_000),
    ],
)
def test_what_is_no_address_or_in_nobodys_country_is_nowhere(cities, address):
    assert locate(address) == NOWHERE


def test_a_database_of_countries_tells_no_cities(settings):
    settings.GEOIP_DATABASE = str(FILES / "GeoLite2-Country-Test.mmdb")
    assert locate("81.2.69.142") == Location("GB", "")


def test_without_a_database_everything_is_nowhere(settings):
    settings.GEOIP_DATABASE = ""
    assert locate("81.2.69.142") == NOWHERE


@pytest.mark.parametrize("address", ["1.1.1.1", "1.1.1.32", "2001:480::1"])
def test_a_database_without_countries_or_broken_within_harms_nobody(settings, address):
    settings.GEOIP_DATABASE = str(FILES / "MaxMind-DB-test-broken-pointers-24.mmdb")
    assert locate(address) == NOWHERE
