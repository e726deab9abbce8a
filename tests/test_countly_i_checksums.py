"""An app with a salt takes only what is signed with it; what is not is told so, and noted."""

import hashlib
import json
from urllib.parse import quote, urlencode

import pytest

from tests.countly_helpers import set_clock
from tests.countly_writes import FORM, JSON, NOON, acknowledged, logged, new_app
from tests.wire_helpers import through_door

pytestmark = pytest.mark.django_db

SALT = "salt & pepper ö"
NONE, WRONG = "Request does not have checksum", "Request does not match checksum"
ONE = {"t": 1, "n": 1, "u": 1, "e": 1}
HASHES = {"checksum": hashlib.sha1, "checksum256": hashlib.sha256}
both = pytest.mark.parametrize("name", HASHES)


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON)
    return new_app(checksum_salt=SALT)


def digest(name, text, salt=SALT):
    return HASHES[name]((text + salt).encode()).hexdigest()


def get(query):
    return acknowledged(through_door("GET", f"/i?{query}"))


@both
def test_a_query_that_is_signed_counts(app, name):
    query = app.query(begin_session="1", metrics={"_os": "Ä +&="})
    assert get(f"{query}&{name}={digest(name, query)}") == ""
    assert app.year == ONE


@both
@pytest.mark.parametrize("place", [1, 2])
def test_it_may_stand_between_other_parameters(app, name, place):
    pairs = app.query(begin_session="1").split("&")
    signature = f"{name}={digest(name, '&'.join(pairs))}"
    assert get("&".join([*pairs[:place], signature, *pairs[place:]])) == ""


@both
def test_at_the_beginning_what_is_left_of_the_query_is_signed_with_its_sign(app, name):
    query = app.query(begin_session="1")
    assert get(f"{name}={digest(name, f'&{query}')}&{query}") == ""


@both
def test_capital_letters_are_as_good(app, name):
    query = app.query(begin_session="1")
    assert get(f"{query}&{name}={digest(name, query).upper()}") == ""
    assert app.year == ONE


@both
def test_a_body_that_is_signed_counts(app, name):
    body = app.query(begin_session="1")
    assert acknowledged(app.post(f"{body}&{name}={digest(name, body)}")) == ""
    assert app.year == ONE


@both
def test_a_body_may_be_signed_in_the_query(app, name):
    query = f"app_key={app.key}&device_id=d1"
    target = f"{query}&{name}={digest(name, query)}"
    assert acknowledged(app.post("begin_session=1", FORM, query=target)) == ""
    assert app.year == ONE


@pytest.mark.parametrize("change", ["begin_session=2", "x=1"])
def test_what_was_changed_on_its_way_is_refused(app, change):
    query = app.query(begin_session="1")
    signature = digest("checksum256", query)
    assert get(f"{query}&{change}&checksum256={signature}") == WRONG
    assert app.counts() == {}


@both
@pytest.mark.parametrize("given", ["0", "ö", "x" * 5000, "%00", "%FF", "0" * 40, "0" * 64])
def test_a_wrong_checksum_is_told_and_noted(app, name, given):
    assert get(f"{app.query(begin_session='1')}&{name}={given}") == WRONG
    assert app.counts() == {}
    ((status, reason, what),) = logged(app)
    assert (status, reason) == (200, WRONG)
    assert "begin_session=1" in what


@pytest.mark.parametrize("salt", ["", "another"])
def test_another_salt_makes_another_checksum(app, salt):
    query = app.query(begin_session="1")
    assert get(f"{query}&checksum={digest('checksum', query, salt)}") == WRONG


@pytest.mark.parametrize("extra", ["", "&checksum=", "&checksum256="])
def test_no_checksum_is_told_and_noted(app, extra):
    assert get(app.query(begin_session="1") + extra) == NONE
    assert app.counts() == {}
    assert [row[:2] for row in logged(app)] == [(200, NONE)]


@pytest.mark.parametrize("value", [None, [], {}, 5, True], ids=repr)
def test_a_checksum_of_any_kind_of_json_is_no_error_of_ours(app, value):
    body = json.dumps({"app_key": app.key, "device_id": "d1", "checksum": value})
    assert acknowledged(app.post(body, JSON)) in {NONE, WRONG}
    assert app.counts() == {}


@both
def test_an_app_without_a_salt_passes_over_checksums(name):
    app = new_app()
    assert get(f"{app.query(begin_session='1')}&{name}=wrong") == ""
    assert app.counts()


def test_a_repetition_with_another_signature_is_known(app):
    query = app.query(begin_session="1", timestamp=str(NOON))
    signed = f"{query}&rr=1"
    assert get(f"{query}&checksum256={digest('checksum256', query)}") == ""
    info = get(f"{signed}&checksum256={digest('checksum256', signed)}")
    assert info == "Request ignored: Duplicate request"
    assert app.year == ONE


def test_a_refused_checksum_does_not_make_the_right_one_a_repetition(app):
    query = app.query(begin_session="1", timestamp=str(NOON))
    assert get(f"{query}&checksum256=0") == WRONG
    assert get(f"{query}&checksum256={digest('checksum256', query)}") == ""
    assert app.year == ONE


# Bulks


def bulk(app, *items):
    return urlencode({"app_key": app.key, "requests": json.dumps(items)}, quote_via=quote)


@both
def test_a_bulk_that_is_signed_as_a_whole_counts(app, name):
    body = bulk(app, {"device_id": "d1", "begin_session": 1}, {"device_id": "d1"})
    signed = f"{body}&{name}={digest(name, body)}"
    assert acknowledged(app.post(signed, path="/i/bulk")) == ""
    assert app.year == {**ONE, "e": 2}


@both
def test_a_bulk_whose_signature_is_wrong_is_told_for_each_item(app, name):
    body = bulk(app, {"device_id": "d1", "begin_session": 1}, {"device_id": "d1"})
    told = acknowledged(app.post(f"{body}&{name}=0", path="/i/bulk"))
    assert told == f"requests[0]: {WRONG}; requests[1]: {WRONG}"
    assert app.counts() == {}


def test_a_bulk_without_a_signature_is_told_for_each_item_that_needs_one(app):
    other = new_app()
    body = bulk(app, {"device_id": "d1"}, {"device_id": "d1", "app_key": other.key})
    assert acknowledged(app.post(body, path="/i/bulk")) == f"requests[0]: {NONE}"
    assert app.counts() == {}
    assert other.year == {"e": 1}
    assert [row[:2] for row in logged(app)] == [(200, f"requests[0]: {NONE}")]
