"""Whatever arrives, the reply is JSON with its own status in it, and never an error of ours."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.stathat_helpers import EZ_KEY, FORM, JSON, USER_KEY, new_project
from tests.wire_helpers import through_door, through_urls

# One transaction for all examples of a test: what one stored does not matter to the next.
FUZZ = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

names = st.sampled_from(["ezkey", "email", "stat", "count", "value", "t", "key", "ukey", "data"])
texts = st.one_of(
    st.sampled_from([EZ_KEY, USER_KEY, "a~b,c", "1", "1e5", "NaN", "", "\x00", "%", "~", "1e308"]),
    st.text(max_size=30),
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | texts, inner, max_size=4),
    max_leaves=8,
)
objects = st.dictionaries(names, values, max_size=6)
items = st.dictionaries(st.sampled_from(["stat", "count", "value", "t"]), scalars, max_size=4)
batches = st.fixed_dictionaries(
    {"ezkey": st.sampled_from([EZ_KEY, "x"]), "data": st.lists(items | values, max_size=5)}
)
types = st.sampled_from(
    ["", FORM, JSON, "application/json;charset=x", "text/plain", "multipart/form-data; boundary=b"]
)
paths = st.sampled_from(["/ez", "/c", "/v"])
methods = st.sampled_from(["GET", "POST", "POST", "POST", "PUT", "HEAD", "OPTIONS"])
forms = st.lists(st.tuples(names | texts, texts), max_size=6).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
)
queries = forms.map(lambda text: "".join(c for c in text if " " < c < "\x7f" and c not in "?#"))
multiparts = st.lists(st.tuples(names, texts), max_size=5).map(
    lambda pairs: "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in pairs
    )
)


def well_formed(status, body, method):
    assert status < 500, body
    if status == 204 or method == "HEAD":
        return
    reply = json.loads(body)
    assert reply["status"] == status
    assert "could not be stored" not in reply["msg"], (
        "validation let through what the store refuses"
    )


@pytest.fixture(autouse=True)
def project(db, monkeypatch):
    return new_project()


def check(method, path, query, body, content_type):
    target = f"{path}?{query}"
    for through in (through_urls, through_door):
        reply = through(method, target, body, {"content-type": content_type})
        well_formed(reply.status, reply.body, method)


@FUZZ
@given(methods, paths, queries, st.binary(max_size=200), types)
def test_random_bytes_are_answered(method, path, query, body, content_type):
    check(method, path, query, body, content_type)


@FUZZ
@given(methods, paths, queries, forms, types)
def test_random_forms_are_answered(method, path, query, form, content_type):
    check(method, path, query, form.encode("utf-8", "replace"), content_type)


@FUZZ
@given(paths, queries, objects | batches | values)
def test_random_json_is_answered(path, query, data):
    check("POST", path, query, json.dumps(data).encode(), JSON)


@FUZZ
@given(batches)
def test_random_batches_are_answered(data):
    check("POST", "/ez", "", json.dumps(data).encode(), JSON)


@FUZZ
@given(multiparts, st.binary(max_size=20))
def test_random_multipart_bodies_are_answered(parts, tail):
    body = parts.encode("utf-8", "replace") + tail
    check("POST", "/ez", "", body, "multipart/form-data; boundary=b")
