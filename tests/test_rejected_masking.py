"""Secrets do not get into the log of rejected input, in whatever shape they come."""

import json
import time
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.models import RejectedInput
from telemetry.rejected.masking import mask_input, mask_known, veil

Dialect = RejectedInput.Dialect
KEY = "Zq7-secretXY_0123456789abcd"
NAMES = [
    *("app_key", "appKey", "APP_KEY", "X-App-Key", "ezkey", "ukey", "key", "api_key", "apiKey"),
    *("auth_token", "token", "access_token", "refresh_token", "secret", "secret_key"),
    *("client_secret", "password", "passwd", "Authorization", "checksum", "checksum256"),
    *("email", "server_key", "user[token]", "tokens[]", "data.token"),
]
MULTIPART = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n--b--\r\n'


def shown(text, dialect=Dialect.TSTATS, secrets=(), most=2000):
    return mask_input(text, dialect, secrets, most)


def in_json(name, secret, **options):
    return json.dumps({"a": 1, name: secret, "z": [1, 2]}, **options)


SHAPES = {
    "query": lambda name, secret: f"a=1&{name}={secret}&z=2",
    "first": lambda name, secret: f"{name}={secret}&z=2",
    "last": lambda name, secret: f"a=1&{name}={secret}",
    "encoded": lambda name, secret: urlencode({"a": 1, name: secret, "z": 2}),
    "encoded name": lambda name, secret: f"a=1&%{ord(name[0]):02x}{quote(name[1:])}={secret}",
    "json": in_json,
    "indented": lambda name, secret: in_json(name, secret, indent=2),
    "nested": lambda name, secret: json.dumps({"x": [{"y": {name: secret}}]}),
    "list of values": lambda name, secret: in_json(name, [secret, {"x": secret}]),
    "object of values": lambda name, secret: in_json(name, {"x": secret}),
    "json in json": lambda name, secret: json.dumps({"x": in_json(name, secret)}),
    "json thrice": lambda name, secret: json.dumps({"x": json.dumps([in_json(name, secret)])}),
    "json in form": lambda name, secret: urlencode({"events": in_json(name, secret), "b": 1}),
    "form in json": lambda name, secret: json.dumps({"url": f"http://x/?a=1&{name}={secret}"}),
    "encoded twice": lambda name, secret: quote(urlencode({name: in_json(name, secret)})),
    "escaped name": lambda name, secret: f'{{"\\u{ord(name[0]):04x}{name[1:]}": "{secret}"}}',
    "escaped quotes": lambda name, secret: f'["{{\\u0022{name}\\u0022:\\u0022{secret}\\u0022}}"]',
    "cut off": lambda name, secret: in_json(name, secret)[:-14],
    "no closing quote": lambda name, secret: f'{{"{name}": "{secret}',
    "no opening quote": lambda name, secret: f'{{"{name}": {secret}", "z": 1}}',
    "no quotes": lambda name, secret: f"{{{name}: {secret}, z: 1}}",
    "single quotes": lambda name, secret: f"{{'{name}': '{secret}', 'z': 1}}",
    "no colon": lambda name, secret: f'{{"{name}" "{secret}"}}',
    "comma": lambda name, secret: f'["{name}", "{secret}"]',
    "arrow": lambda name, secret: f'array("{name}" => "{secret}")',
    "header": lambda name, secret: f"{name}: {secret}\r\nAccept: */*",
    "bearer": lambda name, secret: f"{name}: Bearer {secret}\r\nAccept: */*",
    "multipart": MULTIPART.format,
    "multipart, cut off": lambda name, secret: MULTIPART.format(name, secret)[:-12],
    "spaces": lambda name, secret: f" {name} = {secret} & z = 2",
    "several lines": lambda name, secret: f"a=1&{name}=\n{secret}\n&z=2",
    "colons in a form": lambda name, secret: f"x={name}:{secret}&z=2",
    "UTF-16": lambda name, secret: in_json(name, secret).encode("utf-16"),
    "no text": lambda name, secret: f'{{"{name}":"{secret}"}}'.encode() + b"\xff\xfe",
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_a_value_with_the_name_of_a_secret_is_masked(name, shape):
    found = shown(shape(name, KEY))
    assert KEY[5:12] not in found
    assert KEY[-7:] not in found
    assert "…" in found


# None of what is around them has six of these in a row. A plus may be a space.
secrets = st.text("QWXZ-_.~:@+!/*", min_size=10, max_size=60).filter(lambda text: text[0] != "+")
filler = st.text(max_size=30).filter(lambda text: "&" not in text)
WRAPPINGS = [
    str,
    lambda raw: json.dumps({"x": raw, "y": 1}),
    lambda raw: json.dumps([raw])[:-1],
    lambda raw: urlencode({"x": raw, "y": 1}),
    lambda raw: f"x={quote(raw)}",
]
wrappings = st.lists(st.sampled_from(WRAPPINGS), max_size=3)


@given(st.sampled_from(sorted(SHAPES)), st.sampled_from(NAMES), secrets, wrappings, st.integers(0))
def test_no_more_than_the_beginning_of_a_secret_survives(shape, name, secret, wraps, cut):
    raw = SHAPES[shape](name, secret)
    if isinstance(raw, str):
        for wrap in wraps:
            raw = wrap(raw)
    for part in (raw, raw[: len(raw) - cut % (len(raw) + 1)]):
        found = shown(part)
        assert secret[:6] not in found
        assert secret[4:10] not in found


@given(st.sampled_from(["json", "indented", "nested", "json in json", "json in form", "encoded"]),
       st.sampled_from(NAMES), st.text(min_size=8), wrappings)  # fmt: skip
def test_a_secret_may_have_any_characters(shape, name, secret, wraps):
    raw = SHAPES[shape](name, f"SECR{secret}HIDDEN")
    for wrap in wraps:
        raw = wrap(raw)
    assert "HIDDEN" not in shown(raw)


@given(st.sampled_from(sorted(SHAPES)), secrets, filler, filler)
def test_a_known_secret_is_masked_whatever_its_name(shape, secret, before, after):
    raw = SHAPES[shape]("colour", secret)
    raw = raw if isinstance(raw, bytes) else before + raw + after
    assert secret not in shown(raw, secrets=(secret,))


@given(st.text(max_size=300), st.integers(2, 100))
def test_any_text_comes_out_as_text_that_can_be_stored(text, most):
    found = shown(text, secrets=(KEY,), most=most)
    assert len(found) <= most
    assert "\0" not in found
    found.encode()


@given(st.binary(max_size=300))
def test_any_bytes_come_out_as_text_that_can_be_stored(data):
    found = shown(data)
    assert "\0" not in found
    found.encode()


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("ezkey=abcdefghijklmnop&stat=hello&count=x", "ezkey=abcd…&stat=hello&count=x"),
        ("ezkey=me@example.org&stat=a b", "ezkey=me@e…&stat=a b"),
        ('{"ezkey":"abcdefghijkl","data":[{"stat":1}]}', '{"ezkey":"abcd…","data":[{"stat":1}]}'),
        ('{"token": 123456789012, "a": 1}', '{"token": 1234…, "a": 1}'),
        ('{"token": null, "a": 1}', '{"token": null, "a": 1}'),
        ('{"token": "", "a": 1}', '{"token": "", "a": 1}'),
        ("token=&a=1", "token=&a=1"),
        ("token=hunter2&a=1", "token=hu…&a=1"),
        ("level=3&name=50%&x=%7B%22a%22%3A1%7D", "level=3&name=50%&x=%7B%22a%22%3A1%7D"),
        ('{"a": {"b": 3, "name": "x\\u0041"}}', '{"a": {"b": 3, "name": "x\\u0041"}}'),
        ("e=%5B%7B%22token%22%3A%22abcdefghijkl%22%7D%5D", 'e=[{"token":"abcd…"}]'),
        ("GET /api/v1/servers/abcdefghijklmnop/sessions", "GET /api/v1/servers/abcd…/sessions"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_is_no_secret_is_shown_as_it_came(raw, found):
    assert shown(raw) == found


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("steve[/10.0.0.1:5000] logged in", "steve[/10.…:5000] logged in"),
        ("ip_address=203.0.113.7&a=1", "ip_address=203.…&a=1"),
        ("alex[/[2001:db8::17]:5000] logged in", "alex[/[2001:…]:5000] logged in"),
        ("a=::ffff:10.0.0.1", "a=:…"),
        ("ip=2001%3Adb8%3A%3A17", "ip=2001:…"),
        ("2013-04-13 20:50:34 [INFO] 1.2.3", "2013-04-13 20:50:34 [INFO] 1.2.3"),
        ('{"a":1,"b":[2.5,3.5]}', '{"a":1,"b":[2.5,3.5]}'),
    ],
)
def test_addresses_are_not_kept(raw, found):
    assert shown(raw) == found


def test_a_countly_events_key_is_its_name():
    text = 'app_key=abcdefghijklmnop&events=[{"key":"level done","count":"x"}]'
    expected = 'app_key=abcd…&events=[{"key":"level done","count":"x"}]'
    assert shown(text, Dialect.COUNTLY) == expected
    assert "level" not in shown(text, Dialect.STATHAT)


def test_an_agents_code_is_its_secret():
    assert shown("code=abcdefghijkl&x=1", Dialect.MCCOAL) == "code=abcd…&x=1"
    assert shown("code=abcdefghijkl&x=1") == "code=abcdefghijkl&x=1"


@pytest.mark.parametrize("encode", [str, quote, lambda text: quote(text, safe=""),
                                    lambda text: quote(quote(text, safe=""))])  # fmt: skip
def test_a_known_secret_is_found_however_it_is_encoded(encode):
    found = shown(f"stat=x&to={encode('me+you@example.org')}&b=1", secrets=("me+you@example.org",))
    assert found.startswith("stat=x&to=me+y…")
    assert "example" not in found


def test_a_short_secret_is_not_looked_for_in_words():
    assert shown("count=1&stat=a", secrets=("a",)) == "count=1&stat=a"


def test_a_text_of_ours_is_masked_by_what_is_known_only():
    text = f"server_key: Say which server this is; it is not {KEY}"
    assert mask_known(text, (KEY,), 300) == text.replace(KEY, veil(KEY))


def test_of_long_input_the_beginning_is_shown():
    found = shown("x" * 5000)
    assert found == "x" * 1999 + "…"


@pytest.mark.parametrize("at", range(7950, 8010, 3))
def test_a_secret_where_long_input_is_cut_off_is_masked(at):
    secret = "0123456789" * 3
    hidden = "token=" + "t" * (at - 7) + "&"
    assert "0123456" not in shown(hidden + secret + "y" * 9000, secrets=(secret,))


@pytest.mark.parametrize("piece", ["a", "a=", '"', '\\"', "{", "[", "%25", "\\u0022", "key=",
                                   '"key":', "; name=key\n", " ", "+", "token=[", "&", "\\",
                                   "/servers/", "key\\"])  # fmt: skip
def test_input_made_to_take_long_does_not(piece):
    began = time.perf_counter()
    shown(piece * (1_000_000 // len(piece)), secrets=(KEY,))
    assert time.perf_counter() - began < 1
