"""Whatever arrives, the reply is JSON with a ``result``, and what is refused stores nothing."""

import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions_app.models import AppUser, Event, Session, UsageCounter
from tests.countly_helpers import set_clock
from tests.countly_writes import FORM, JSON, NOON, new_app
from tests.wire_helpers import through_door

KEY = "the-app-key"
# One transaction for all examples of a test: what one stored does not matter to the next.
FUZZ = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

NAMES = (
    *("device_id", "begin_session", "end_session", "session_duration", "timestamp", "events"),
    *("metrics", "user_details", "old_device_id", "country_code", "city", "location", "ip_address"),
    *("checksum", "checksum256", "callback", "ignore_cooldown", "tz", "requests", "rr", "x"),
)
INNER = (
    *("key", "count", "sum", "dur", "segmentation", "seg_key", "seg_val", "timestamp", "hour"),
    *("_os", "_os_version", "_device", "_carrier", "_resolution", "_app_version", "_locale"),
)
odd = st.sampled_from(
    ["", "0", "1", "d1", "d2", "\0", "\ud800", "$", "..", "null", "[]", "{}", "-1", "1e999",
     "9" * 30, str(NOON), f"{NOON}123", "1" * 400, "[" * 300, "TR", '{"_os":"x"}',
     '[{"key":"k","count":1}]']
)  # fmt: skip
texts = st.one_of(odd, st.text(max_size=60))
numbers = st.one_of(
    st.integers(), st.floats(), st.sampled_from([NOON, NOON * 1000, 10**30, 10**400, 1e308, -0.0])
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(INNER) | texts, inner, max_size=5)
    ),
    max_leaves=15,
)
events = st.lists(
    st.dictionaries(st.sampled_from(INNER[:9]), values, max_size=6) | scalars, max_size=4
)
params = st.fixed_dictionaries(
    {"app_key": st.sampled_from([KEY, KEY, KEY, KEY, "x", ""]), "device_id": texts},
    optional=dict.fromkeys(NAMES[1:], values) | {"events": events},
)
junk = st.binary(max_size=80) | st.text(max_size=80).map(
    lambda text: text.encode("utf-8", "replace")
)


def dumped(value):
    text = json.dumps(value)
    return text.replace("NaN", "1e400").replace("-Infinity", "-1e999").replace("Infinity", "1e999")


def as_text(value):
    return value if isinstance(value, str) else dumped(value)


def as_query(found):
    fields = {name: as_text(value).encode("utf-8", "replace") for name, value in found.items()}
    return urlencode(fields)


@pytest.fixture
def app(db, monkeypatch):
    set_clock(monkeypatch, NOON)
    return new_app(app_key=KEY)


def stored():
    models = (AppUser, Session, Event, UsageCounter)
    return [model.objects.count() for model in models], [
        *UsageCounter.objects.filter(bucket=2012, dimension=0).values_list("e", flat=True)
    ]


def check(method, target, body=b"", kind=FORM, before=None):
    reply = through_door(method, target, body, {"content-type": kind})
    assert reply.status in {200, 400}, reply
    text = reply.body.decode()
    if reply.headers["content-type"].startswith("application/javascript"):
        text = text[text.index("(") + 1 : -1]
    document = json.loads(text)
    assert document["result"]
    assert "Traceback" not in text
    # Validation must not let through what the store refuses.
    assert "could not be stored" not in text
    if reply.status == 200:
        assert document["result"] == "Success"
    else:
        assert stored() == before
    return document


@FUZZ
@given(params, st.sampled_from(["query", "form", "json", "mixed"]))
def test_parameters_of_any_kind(app, found, way):
    before = stored()
    if way == "query":
        check("GET", f"/i?{as_query(found)}", before=before)
    elif way == "form":
        check("POST", "/i", as_query(found).encode(), before=before)
    elif way == "json":
        check("POST", "/i", dumped(found).encode(), JSON, before=before)
    else:
        own = urlencode({"app_key": KEY, "device_id": "d1"})
        check("POST", f"/i?{own}", dumped(found).encode(), JSON, before=before)
    # Whatever was stored of it, the next request of that device is counted.
    if found["device_id"]:
        device = quote(found["device_id"].encode("utf-8", "replace"))
        last = check("GET", f"/i?app_key={KEY}&device_id={device}&begin_session=1", before=stored())
        assert last.get("info", "") in {"", "Ignoring device_id"}


@FUZZ
@given(st.lists(params | values, max_size=6), st.sampled_from(["form", "json"]))
def test_bulks_of_any_kind(app, items, way):
    before = stored()
    if way == "form":
        body = urlencode({"app_key": KEY, "requests": dumped(items)}).encode()
        check("POST", "/i/bulk", body, before=before)
    else:
        body = dumped({"app_key": KEY, "requests": items}).encode()
        check("POST", "/i/bulk", body, JSON, before=before)


@FUZZ
@given(
    junk,
    st.sampled_from(["/i", "/i/bulk"]),
    st.sampled_from([FORM, JSON, "", "multipart/form-data; boundary=b", "multipart/form-data"]),
    st.sampled_from(["", f"?app_key={KEY}&device_id=d1", f"?app_key={KEY}&requests=%5B%5D"]),
    st.sampled_from(
        [b"", b"events=", b"metrics=", b"{", b'{"metrics":', b"requests=[", b"--b\r\n"]
    ),
)
def test_bodies_of_any_bytes(app, body, path, kind, query, start):
    check("POST", f"{path}{query}", start + body, kind, before=stored())


@FUZZ
@given(junk, st.sampled_from(["/i", "/i/bulk"]), st.sampled_from([*NAMES]))
def test_queries_of_any_bytes(app, raw, path, name):
    text = raw.replace(b"\r", b"").replace(b"\n", b"").decode("utf-8", "surrogateescape")
    query = f"app_key={KEY}&device_id=d1&{name}={text}"
    before = stored()
    check("GET", f"{path}?{query}", before=before)
