"""What a project stores of its clients' addresses: all, the network, or nothing."""

import pytest

from telemetry.addresses import shown_address

NO_ADDRESSES = ["", "unknown", "10.1.2", "10.1.2.3:80", "10.1.2.3, 10.0.0.1", "::g", "\0", "\udc80"]


@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8:1:2::9", *NO_ADDRESSES])
def test_kept_it_stays_as_it_came(address):
    assert shown_address("keep", address) == address


@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8:1:2::9", *NO_ADDRESSES])
def test_dropped_nothing_is_left(address):
    assert shown_address("drop", address) == ""


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0"),
        ("255.255.255.255", "255.255.255.0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("2001:DB8::6", "2001:db8::"),
        ("fe80::1%eth0", "fe80::"),
        ("::1", "::"),
        ("::ffff:203.0.113.9", "203.0.113.0"),
        ("::ffff:cb00:7109", "203.0.113.0"),
    ],
)
def test_shortened_it_is_the_network(address, network):
    assert shown_address("shorten", address) == network
    assert shown_address("shorten", network) == network


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_is_not_kept_by_a_project_that_shortens(address):
    assert shown_address("shorten", address) == ""
