"""Whatever arrives, the reply is JSON in TStats' words, and never an error of ours."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tstats_helpers import APP_KEY, FORM, JSON, OCTETS, default_project, events, open_session
from tests.wire_helpers import through_door, through_urls

# One transaction for all examples of a test: what one stored does not matter to the next.
FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

names = st.sampled_from(["clientTime", "event", "eventId", "x"])
times = st.sampled_from(["2013-06-30T20:39:25.987Z", "1372624765987", "2013-06-30 20:39", "now"])
texts = st.one_of(times, st.sampled_from(["", "\0", " ", "%00", "\ud800"]), st.text(max_size=200))
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | texts, inner, max_size=4),
    max_leaves=12,
)
documents = st.dictionaries(names, values, max_size=4)
jsons = st.one_of(documents, values).map(lambda value: json.dumps(value).encode())
forms = st.lists(st.tuples(names | texts, texts), max_size=5).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs).encode("utf-8", "replace")
)
bodies = st.one_of(jsons, forms, st.binary(max_size=60), jsons.map(lambda body: body[:-2]))
types = st.sampled_from(["", FORM, JSON, OCTETS, "text/plain", "multipart/form-data; boundary=b"])
printable = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=200)
segments = st.one_of(printable, st.sampled_from(["%00", "%FF", "%ED%A0%80", "..", "a" * 129]))
headers = st.dictionaries(
    st.sampled_from(["x-app-key", "idempotency-key", "content-encoding"]),
    st.one_of(st.just(APP_KEY), st.text(st.characters(max_codepoint=0xFF), max_size=300)),
    max_size=2,
).map(lambda found: {name: value for name, value in found.items() if value.isprintable()})
methods = st.sampled_from(["PUT", "PUT", "PUT", "POST", "POST", "PATCH", "DELETE", "OPTIONS"])
queries = st.one_of(st.just(""), printable.map(lambda text: "?" + text.replace("#", "")))


@pytest.fixture
def session(db):
    default_project()
    return open_session()


def well_formed(reply, method):
    assert reply.status < 500, reply
    if method == "OPTIONS" and reply.status == 204:
        return
    document = json.loads(reply.body)
    if reply.status >= 400:
        error = document["error"]
        assert {"code", "message"} <= error.keys() <= {"code", "message", "field"}
        # Validation must not let through what the store refuses.
        assert "could not be stored" not in error["message"]
    else:
        assert "_id" in document


@FUZZ
@given(bodies, types, headers)
def test_events(session, body, content_type, more):
    for path in (f"/sessions/{session}/event", f"/sessions/{session}/event/t"):
        named = {"content-type": content_type, **more}
        reply = through_door("PUT", path, body, named)
        well_formed(reply, "PUT")
    if reply.status == 201 and "idempotency-key" not in more:
        assert events(session)[-1] == ("t", reply.json["event"]) or "eventId" in str(body)


@FUZZ
@given(methods, segments, segments, bodies, types, headers, queries)
def test_any_path(session, method, one, other, body, content_type, more, query):
    for part in (f"{session}/{one}", f"{session}/event/{one}/{other}", f"{one}/close", one):
        target = f"/sessions/{part.replace('?', '').replace('#', '')}{query}"
        well_formed(
            through_door(method, target, body, {"content-type": content_type, **more}), method
        )


@FUZZ
@given(bodies, types, headers, queries)
def test_opening_both_ways(session, body, content_type, more, query):
    named = {"content-type": content_type, **more}
    replies = [
        through("POST", f"/sessions/{query}", body, named)
        for through in (through_door, through_urls)
    ]
    for reply in replies:
        well_formed(reply, "POST")
    one, other = replies
    assert one.status == other.status
    if one.status >= 400:
        assert one.body == other.body


@FUZZ
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["size", "cursor", "since", "before", "open", "app_key", "format"]),
            st.one_of(texts, st.sampled_from(["true", "3", "cD0x", APP_KEY])),
        ),
        max_size=4,
    )
)
def test_the_list(session, parameters):
    query = "&".join(f"{name}={value}" for name, value in parameters)
    query = query.encode("utf-8", "replace").decode().replace("#", "").replace("?", "")
    reply = through_urls("GET", f"/sessions/?{query}")
    assert reply.status in {200, 400, 401}
    document = json.loads(reply.body)
    assert "error" in document or "sessions" in document
