"""Where a session is from: as its device says, or by its address; and which address is kept."""

import ipaddress
import json
from pathlib import Path

import pytest
from django.conf import settings as project_settings

from sessions_app.models import AppUser, Dimension, Session
from telemetry import asgi
from telemetry.models import Project
from tests.countly_helpers import set_clock
from tests.countly_writes import JSON, NOON, acknowledged, new_app
from tests.wire_helpers import through_door, through_urls

pytestmark = pytest.mark.django_db

LONDON, LINKOEPING, PRIVATE = "81.2.69.142", "89.160.20.112", "10.1.2.3"
ONE = {"t": 1, "n": 1, "u": 1}
KEEP, SHORTEN, DROP = Project.AddressPolicy


@pytest.fixture(autouse=True)
def cities(settings, monkeypatch):
    settings.GEOIP_DATABASE = str(Path(__file__).parent / "geoip" / "GeoLite2-City-Test.mmdb")
    set_clock(monkeypatch, NOON)


@pytest.fixture
def app():
    return new_app()


def place(app):
    return app.by_value(Dimension.COUNTRY), app.by_value(Dimension.CITY)


def test_where_nothing_is_known_the_country_is_unknown(app):
    assert app.send(begin_session="1") == ""
    assert place(app) == ({"Unknown": ONE}, {})


@pytest.mark.parametrize("address", [PRIVATE, "127.0.0.1", "::1", "nonsense", "1.1.1.1", " "])
def test_a_private_or_odd_address_is_in_an_unknown_country(app, address):
    app.send(begin_session="1", ip_address=address)
    assert place(app) == ({"Unknown": ONE}, {})


@pytest.mark.parametrize(
    ("address", "country", "city"),
    [(LONDON, "GB", "London"), (f" {LINKOEPING} ", "SE", "Linköping"), ("2001:218::1", "JP", "")],
)
def test_an_address_that_is_told_is_looked_up(app, address, country, city):
    app.send(begin_session="1", ip_address=address)
    assert place(app) == ({country: ONE}, {city: ONE} if city else {})
    assert Session.objects.get().address == address.strip()


@pytest.mark.parametrize(("code", "country"), [("TR", "TR"), ("tr", "TR"), ("De", "DE")])
def test_a_country_that_is_told_comes_before_that_of_the_address(app, code, country):
    app.send(begin_session="1", country_code=code, ip_address=LONDON)
    assert place(app) == ({country: ONE}, {})


@pytest.mark.parametrize("code", ["", "T", "TUR", "T1", "ÄÖ", "Turkey", "\0\0"])
def test_what_is_no_country_is_passed_over(app, code):
    app.send(begin_session="1", country_code=code, ip_address=LONDON)
    assert place(app)[0] == {"GB": ONE}


def test_a_country_and_a_city_that_are_told(app):
    app.send(begin_session="1", country_code="TR", city="St. Istanbul", ip_address=LONDON)
    assert place(app) == ({"TR": ONE}, {"St: Istanbul": ONE})


def test_a_city_that_is_told_comes_before_that_of_the_address(app):
    app.send(begin_session="1", city="Leeds", ip_address=LONDON)
    assert place(app) == ({"GB": ONE}, {"Leeds": ONE})


@pytest.mark.parametrize("more", [{}, {"country_code": "TR", "city": "Istanbul"}])
def test_who_does_not_want_to_be_found_is_not_found(app, more):
    app.send(begin_session="1", location="", ip_address=LONDON, **more)
    assert place(app) == ({"Unknown": ONE}, {})
    assert AppUser.objects.get().country == "Unknown"


def test_a_location_that_is_told_is_kept_with_the_session(app):
    app.send(begin_session="1", location="41.0,28.9", ip_address=LONDON)
    assert place(app)[0] == {"GB": ONE}
    assert Session.objects.get().data["location"] == "41.0,28.9"


@pytest.mark.parametrize(("own", "counted"), [("", True), ("GB", True), ("SE", False)])
def test_cities_count_only_if_they_are_in_the_projects_country(own, counted):
    app = new_app(country=own)
    app.send(begin_session="1", ip_address=LONDON)
    assert place(app) == ({"GB": ONE}, {"London": ONE} if counted else {})


def test_a_city_of_nobody_knows_which_country_is_not_counted(app):
    app.send(begin_session="1", city="Springfield")
    assert place(app) == ({"Unknown": ONE}, {})


def test_countries_count_without_hours_and_by_the_users_buckets(app, monkeypatch):
    app.send(begin_session="1", country_code="TR")
    set_clock(monkeypatch, NOON + 86_400)
    app.send(begin_session="1", country_code="DE")
    assert app.counts(Dimension.COUNTRY) == {
        2012: {"TR": ONE, "DE": {"t": 1}},
        201207: {"TR": ONE, "DE": {"t": 1}},
        2012029: {"TR": {"u": 1}},
        20120720: {"TR": ONE},
        20120721: {"DE": {"t": 1, "u": 1}},
    }
    assert AppUser.objects.get().country == "DE"


def test_without_a_begin_a_place_counts_nothing_but_what_is_told_is_known(app):
    app.send(country_code="TR")
    assert place(app) == ({}, {})
    assert AppUser.objects.get().country == "TR"


# Addresses of senders


def behind_proxy(app, through, monkeypatch, settings, forwarded):
    proxies = [ipaddress.ip_network("127.0.0.1")]
    settings.TRUSTED_PROXIES = proxies
    monkeypatch.setattr(asgi.application, "_trusted", proxies)
    headers = {"x-forwarded-for": forwarded}
    assert acknowledged(through("GET", f"/i?{app.query(begin_session='1')}", headers=headers)) == ""


@pytest.mark.parametrize("through", [through_door, through_urls])
@pytest.mark.parametrize(
    ("forwarded", "country"),
    [
        (LONDON, "GB"),
        (f"{LINKOEPING}, {LONDON}", "GB"),  # a client may put anything at the beginning
        (f"{LONDON}:5123", "GB"),
        (PRIVATE, "Unknown"),
        ("", "Unknown"),
    ],
)
def test_behind_a_trusted_proxy_it_is_the_clients(
    app, through, monkeypatch, settings, forwarded, country
):
    behind_proxy(app, through, monkeypatch, settings, forwarded)
    assert app.by_value(Dimension.COUNTRY) == {country: ONE}


@pytest.mark.parametrize("through", [through_door, through_urls])
def test_nobody_else_is_believed_who_the_client_is(app, through):
    assert not project_settings.TRUSTED_PROXIES
    headers = {"x-forwarded-for": LONDON, "x-real-ip": LONDON}
    acknowledged(through("GET", f"/i?{app.query(begin_session='1')}", headers=headers))
    assert app.by_value(Dimension.COUNTRY) == {"Unknown": ONE}


def test_in_a_bulk_the_senders_address_tells_nothing_and_an_items_own_does(
    app, monkeypatch, settings
):
    settings.TRUSTED_PROXIES = [ipaddress.ip_network("127.0.0.1")]
    monkeypatch.setattr(asgi.application, "_trusted", settings.TRUSTED_PROXIES)
    items = [
        {"device_id": "d1", "begin_session": 1},
        {"device_id": "d2", "begin_session": 1, "ip_address": LINKOEPING},
        {"device_id": "d3", "begin_session": 1, "country_code": "tr", "city": "X"},
    ]
    body = json.dumps({"app_key": app.key, "requests": items}).encode()
    headers = {"x-forwarded-for": LONDON, "content-type": JSON}
    acknowledged(through_door("POST", "/i/bulk", body, headers))
    assert place(app) == (
        {"Unknown": ONE, "SE": ONE, "TR": ONE},
        {"Linköping": ONE, "X": ONE},
    )
    addresses = Session.objects.values_list("username", "address")
    assert dict(addresses) == {"d1": "", "d2": LINKOEPING, "d3": ""}


@pytest.mark.parametrize(
    ("policy", "address", "kept"),
    [
        (KEEP, LONDON, LONDON),
        (SHORTEN, LONDON, "81.2.69.0"),
        (SHORTEN, "2001:480::1", "2001:480::"),
        (DROP, LONDON, ""),
    ],
)
def test_of_an_address_is_kept_what_the_project_wants_after_it_was_looked_up(policy, address, kept):
    app = new_app(address_policy=policy)
    app.send(begin_session="1", ip_address=address)
    assert Session.objects.get().address == kept
    assert place(app)[0].keys() <= {"GB", "US", "Unknown"}
    assert ("GB" in place(app)[0]) == (address == LONDON)


def test_what_is_no_address_is_told_and_the_senders_is_taken():
    app = new_app()
    told = app.send(begin_session="1", ip_address="home of Ann", country_code="TUR")
    assert "ip_address is no address" in told
    assert "country_code has not two letters" in told
    assert Session.objects.get().address == "127.0.0.1"


@pytest.mark.parametrize("value", [5, True, [], {}, None, "x" * 5000, "\0"], ids=repr)
@pytest.mark.parametrize("name", ["ip_address", "city", "country_code", "location"])
def test_places_of_any_kind_of_json_are_no_error_of_ours(app, name, value):
    params = {"app_key": app.key, "device_id": "d1", "begin_session": 1, name: value}
    assert (
        through_door("POST", "/i", json.dumps(params).encode(), {"content-type": JSON}).status
        == 200
    )
    assert app.year["t"] == 1
