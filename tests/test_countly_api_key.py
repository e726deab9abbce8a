"""``/api-key``: a member's key, for whoever knows their password."""

import re

import pytest

from telemetry.models import User
from tests.countly_reads import ask, basic, key_of, member
from tests.wire_helpers import through_urls

pytestmark = pytest.mark.django_db


def get(headers=None, method="GET"):
    return through_urls(method, "/api-key", headers=headers)


def test_it_is_32_hexadecimal_digits_as_text_and_always_the_same():
    user = member("ada")
    reply = get(basic("ada", "secret"))
    assert reply.status == 200
    assert re.fullmatch(rb"[0-9a-f]{32}", reply.body)
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in reply.headers
    assert key_of(user) == reply.body.decode()
    assert key_of(member("bob")) != reply.body.decode()


def test_it_is_not_stored():
    user = member("ada")
    assert user.api_key_hash is None
    key = key_of(user)
    user.refresh_from_db()
    assert user.api_key_hash
    assert key not in user.api_key_hash


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {"authorization": ""},
        {"authorization": "Basic"},
        {"authorization": "Basic !"},
        {"authorization": "Basic /w=="},
        {"authorization": "Bearer x"},
        basic("ada", "wrong"),
        basic("ada", ""),
        basic("", "secret"),
        basic("nobody", "secret"),
        basic("a\0da", "secret"),
    ],
)
def test_others_get_none(headers):
    member("ada")
    reply = get(headers)
    assert reply.status == 401
    assert reply.headers["www-authenticate"].startswith("Basic ")


def test_no_password_is_hashed_for_who_gives_none(monkeypatch):
    monkeypatch.setattr("telemetry.api_keys.authenticate", lambda **_: pytest.fail("hashed"))
    for headers in (None, {"authorization": "Basic Og=="}, basic("ada", "")):
        assert get(headers).status == 401


def test_it_is_good_until_the_password_changes():
    user = member("ada")
    key = key_of(user)
    assert ask("/o/users/me", api_key=key).status == 200
    user.set_password("another")
    user.save()
    assert ask("/o/users/me", api_key=key).status == 401
    fresh = key_of(user, "another")
    assert fresh != key
    assert ask("/o/users/me", api_key=fresh).status == 200
    assert ask("/o/users/me", api_key=key).status == 401


def test_it_is_no_key_of_who_was_locked_out():
    user = member("ada")
    key = key_of(user)
    User.objects.update(is_active=False)
    assert ask("/o/users/me", api_key=key).status == 401
    assert get(basic("ada", "secret")).status == 401


def test_a_hash_that_was_read_in_the_database_opens_nothing():
    user = member("ada")
    key_of(user)
    user.refresh_from_db()
    assert ask("/o/users/me", api_key=user.api_key_hash).status == 401
    assert ask("/o/users/me", api_key=user.api_key_hash[:32]).status == 401


def test_another_method_is_refused():
    for method in ("POST", "PUT", "OPTIONS"):
        assert get(basic("ada", "secret"), method).status == 405
    member("ada")
    assert get(basic("ada", "secret"), "HEAD").status == 200
