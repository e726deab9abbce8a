"""Bodies as careless clients write them, and as attackers do."""

import pytest

from stats_app.models import Stat
from tests.stathat_helpers import EZ_KEY, JSON, OK, new_project, post, sums
from tests.wire_helpers import through_door


@pytest.fixture(autouse=True)
def project(db, monkeypatch):
    return new_project()


@pytest.mark.parametrize(
    ("name", "stat"),
    [
        ("ws0: load average, total!", "ws0: load average, total!"),  # node, Lua, Objective-C
        ("größe ☃ 😀", "größe ☃ 😀"),
        ("a+b", "a b"),
        ("a%2Bb", "a+b"),
        ("a%20b%26c", "a b&c"),
        ("gr%C3%B6%C3%9Fe", "größe"),
        ("100%", "100%"),
        ("50% of%zz", "50% of%zz"),
        ("a=b", "a=b"),
        ("=name", "=name"),  # a PHP client has one “=” too many
        ("a;b", "a;b"),
        ('{"a"}', '{"a"}'),
        ("%F6l", "\ufffdl"),  # Latin-1
    ],
)
def test_a_body_is_read_whether_its_writer_encoded_it_or_not(name, stat):
    assert post("/ez", f"ezkey={EZ_KEY}&stat={name}&count=1").body == OK
    assert sums() == {stat: 1}


def test_an_unencoded_tilde_is_the_same_as_an_encoded_one():
    for name in ("sent~total,to all", "sent%7Etotal%2Cto+all"):
        assert post("/ez", f"ezkey={EZ_KEY}&stat={name}&count=1").body == OK
    assert sums() == {"sent total": 2, "sent to all": 2}


@pytest.mark.parametrize("number", ["1e+21", "1E+21", "1e%2B21", "+1e+21"])
def test_a_large_number_may_have_its_plus_sign_unencoded(number):
    """As Node's, Lua's and C#'s official clients send it, which encode nothing."""
    for path in (f"value={number}", f"value={number}&t=1e+9"):
        assert post("/ez", f"ezkey={EZ_KEY}&stat=a&{path}").body == OK
    assert sums() == {"a": 2e21}


def test_a_name_cut_off_within_a_character_is_stored():
    """Node's official client announces as many bytes as there are characters."""
    body = f"ezkey={EZ_KEY}&count=1&stat=grö😀".encode()
    for cut in (1, 2, 3):
        assert post("/ez", body[:-cut]).body == OK
    assert set(sums()) == {"grö\ufffd"}


def test_bytes_that_are_not_utf_8_are_replaced():
    assert post("/ez", b"ezkey=%s&count=1&stat=\xff\xfe\xf6" % EZ_KEY.encode()).body == OK
    body = b'{"ezkey":"%s","data":[{"stat":"\xf6","count":1}]}' % EZ_KEY.encode()
    assert post("/ez", body, JSON).status == 200
    assert sums() == {"\ufffd" * 3: 1, "\ufffd": 1}


@pytest.mark.parametrize("tail", ["&", "&&", "&=", "&x", "&=1", "&count", "\r\n"])
def test_a_tail_of_the_form_is_passed_over(tail):
    body = f"ezkey={EZ_KEY}&stat=a&count=1"  # the C# client ends every body with “&”
    assert post("/ez", body + tail).body == OK
    assert post("/ez", "&" + body).body == OK
    assert sums() == {"a": 2}


def test_a_json_body_may_begin_with_a_byte_order_mark_or_space():
    body = f'{{"ezkey":"{EZ_KEY}","stat":"a","count":1}}'
    for start in ("\ufeff", " \r\n\t"):
        assert post("/ez", start + body, JSON).body == OK
    assert post("/ez", "\n" + body, "").body == OK
    assert sums() == {"a": 3}


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 1_000_000,
        b'{"data":' * 100_000,
        b'{"data":[{"stat":' + b"[" * 500_000 + b"]" * 500_000 + b"}]}",
        b'{"a' + b'\\"' * 500_000,
        b'{"a":"' + b"\\" * 1_000_000,
        b'{"a":[' + b", " * 500_000,
        b'{"a":1' + b",\t" * 500_000 + b"}",
        b'"' * 1_000_000,
    ],
)
@pytest.mark.timeout(60)  # not in hours
def test_json_made_to_exhaust_a_parser_is_refused(body):
    reply = post("/ez", body, JSON)
    assert reply.status == reply.json["status"] == 400


@pytest.mark.parametrize("body", [b"&" * 1_000_000, b"%41" * 330_000, b"a=%F0%9F%98&" * 80_000])
@pytest.mark.timeout(60)
def test_forms_made_to_exhaust_a_parser_are_refused(body):
    assert post("/ez", body).status == 400


def test_nul_bytes_are_refused_wherever_they_are():
    for body in (
        f"ezkey={EZ_KEY}&stat=a%00b&count=1",
        f"ezkey={EZ_KEY}&stat=a\0b&count=1",
        f"ezkey={EZ_KEY}&stat=a&count=1%00",
        f"ezkey={EZ_KEY}&stat=a&count=1&t=%00",
    ):
        assert post("/ez", body).status == 400
    assert post("/ez", f"ezkey={EZ_KEY}%00x&stat=a&count=1").status == 401
    assert not Stat.objects.exists()


def test_a_query_string_may_be_as_raw_as_a_body():
    for name in ("a b,c", "größe", "%zz", "\udcf6"):
        target = f"/ez?ezkey={EZ_KEY}&stat={name}&count=1"
        assert through_door("GET", target).body == OK
        assert through_door("POST", target).body == OK
    assert sums() == {"a b,c": 2, "größe": 2, "%zz": 2, "\ufffd": 2}
