"""A part of a request that cannot be read is told and noted, and the rest is counted."""

import json

import pytest

from sessions_app.models import AppUser, Dimension
from telemetry.models import RejectedInput
from tests.countly_helpers import event_counts, set_clock
from tests.countly_writes import JSON, NOON, acknowledged, logged, multipart, new_app
from tests.wire_helpers import through_door

pytestmark = pytest.mark.django_db

DEEP = 1000
BROKEN = {
    "text": "abc",
    "half an object": '{"_os": "x"',
    "half an array": '[{"key": "x", "count": 1}',
    "a comma too many in an array": "[1,]",
    "a comma too many in an object": '{"_os": "x",}',
    "single quotes": "{'_os': 'x'}",
    "a comment": '{"_os": "x"} // os',
    "two documents": "{}{}",
    "not a number": '{"_os": NaN}',
    "infinite": '[{"key": "x", "count": Infinity}]',
    "an array 1000 deep": "[" * DEEP + "]" * DEEP,
    "an object 1000 deep": '{"a":' * DEEP + "1" + "}" * DEEP,
    "never closed, 100,000 deep": "[" * 100_000,
    "a number of 5,000 digits": "1" * 5000,
    "a raw line end in text": '{"_os": "a\nb"}',
}
OTHER = {"a number": "5", "text in quotes": '"x"', "true": "true"}


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON)
    return new_app()


def check_the_rest_counts(app, info, name):
    assert info.startswith(f"{name}: "), info
    assert app.year == {"t": 1, "n": 1, "u": 1, "e": 1}
    ((status, reason, what),) = logged(app)
    assert (status, reason) == (200, info)
    assert f"{name}=" in what


@pytest.mark.parametrize("name", ["metrics", "events", "user_details"])
@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_parameter_that_is_no_json(app, name, text):
    info = app.post(f"{app.query(begin_session='1')}&{name}={text.replace('+', '%2B')}")
    check_the_rest_counts(app, acknowledged(info), name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(
            (name, text)
            for name in ("metrics", "events", "user_details")
            for text in OTHER.values()
        ),
        ("metrics", "[]"),
        ("metrics", '["_os"]'),
        ("events", "{}"),
        ("events", '{"key": "x", "count": 1}'),
        ("user_details", "[]"),
    ],
)
def test_a_parameter_that_is_json_of_another_kind(app, name, text):
    check_the_rest_counts(app, app.send(begin_session="1", **{name: text}), name)


@pytest.mark.parametrize("name", ["metrics", "events", "user_details"])
@pytest.mark.parametrize("text", ["", "null"])
def test_a_parameter_that_is_nothing_is_not_missed(app, name, text):
    assert app.send(begin_session="1", **{name: text}) == ""
    assert app.year == {"t": 1, "n": 1, "u": 1, "e": 1}


def test_metrics_that_are_broken_do_not_keep_events_from_being_counted(app):
    info = app.send(begin_session="1", metrics="{", events=[{"key": "a", "count": 1}])
    assert info.startswith("metrics: ")
    assert event_counts(app.project, "a")[2012] == {"c": 1}


def test_of_equal_keys_the_last_counts(app):
    assert app.send(begin_session="1", metrics='{"_os": "a", "_os": "b"}') == ""
    assert app.by_value(Dimension.OS).keys() == {"b"}


def test_a_parameter_may_begin_with_a_byte_order_mark(app):
    assert app.send(begin_session="1", metrics='\ufeff{"_os": "a"}') == ""
    assert app.by_value(Dimension.OS).keys() == {"a"}


# Characters that cannot be stored


@pytest.mark.parametrize("odd", ["\\u0000", "\\ud800", "\\uDFFF", "\0", "\x1f"])
@pytest.mark.parametrize("where", ["metrics", "events", "segment", "user_details", "device"])
def test_nul_and_half_characters_anywhere_are_no_error_of_ours(app, odd, where):
    text = f'"a{odd}b"'
    params = {
        "metrics": f'{{"_os": {text}, {text}: 1}}',
        "events": f'[{{"key": {text}, "count": 1, {text}: {text}}}]',
        "segment": f'[{{"key": "k", "count": 1, "segmentation": {{{text}: {text}}}}}]',
        "user_details": f'{{"name": {text}, {text}: {{"x": [{text}]}}}}',
    }
    device = f"d{odd}" if where == "device" else "d1"
    name = "events" if where == "segment" else where
    more = {name: params[where]} if where in params else {}
    acknowledged(app.reply(device, begin_session="1", **more))
    assert app.year["t"] == 1
    acknowledged(app.reply(device, session_duration="1"))


@pytest.mark.parametrize(
    "name", ["city", "country_code", "location", "tz", "sdk_name", "ip_address", "old_device_id"]
)
@pytest.mark.parametrize("value", ["%00", "%FF%FE", "%ED%B0%80", "%EF%BB%BF", "x" * 3000])
def test_other_parameters_of_any_bytes_are_no_error_of_ours(app, name, value):
    query = f"{app.query(begin_session='1')}&{name}={value}"
    assert through_door("GET", f"/i?{query}").status == 200
    assert app.year["t"] == 1


def test_a_body_that_is_no_text_at_all(app):
    reply = app.post(bytes(range(256)), query=app.query(begin_session="1"))
    assert acknowledged(reply) == ""
    assert app.year["t"] == 1


# Bodies


@pytest.mark.parametrize("body", ["{", "[1,2", '{"a": NaN}', "[" * DEEP, "[1]"])
@pytest.mark.parametrize("path", ["/i", "/i/bulk"])
def test_a_json_body_that_cannot_be_read_is_told_and_the_query_counts(app, body, path):
    requests = json.dumps([{"device_id": "d1", "begin_session": 1}])
    query = app.query(begin_session="1", requests=requests)
    info = acknowledged(app.post(body, JSON, query=query, path=path))
    assert info.startswith("the body is")
    assert app.year["t"] == 1
    ((status, reason, what),) = logged(app)
    assert (status, reason) == (200, info)
    assert body[:40] in what


def test_a_broken_multipart_body_is_told_and_the_query_counts(app):
    body, _ = multipart(a="b")
    reply = app.post(body, "multipart/form-data", query=app.query(begin_session="1"))
    assert "multipart" in acknowledged(reply)
    assert app.year["t"] == 1


def test_a_broken_body_without_a_key_elsewhere_is_noted_for_the_app(app):
    reply = app.post(f'{{"app_key": "{app.key}", "device_id": "d1", "events": [', JSON)
    assert reply.status == 400
    ((status, reason, _),) = logged(app)
    assert status == 400
    assert "not JSON" in reason


# Numbers


HUGE = ["1e999", "-1e999", "9" * 25, "9" * 400, "1e308", "0." + "9" * 500]


@pytest.mark.parametrize("number", HUGE)
def test_numbers_beyond_all_measure_are_no_error_of_ours(app, number):
    texts = {
        "metrics": f'{{"_os": {number}, "_density": {number}}}',
        "events": f'[{{"key": "a", "count": {number}, "sum": {number}, "dur": {number},'
        f' "timestamp": {number}, "segmentation": {{"n": {number}}}, "x": {number}}}]',
        "user_details": f'{{"custom": {{"n": {number}}}}}',
    }
    for name, text in texts.items():
        acknowledged(app.reply(begin_session="1", **{name: text}))
        body = (
            f'{{"app_key": "{app.key}", "device_id": "d1", "begin_session": 1, "{name}": {text}}}'
        )
        acknowledged(app.post(body, JSON))
    for name in ("timestamp", "session_duration", "tz", "rr"):
        body = f'{{"app_key": "{app.key}", "device_id": "d1", "{name}": {number}}}'
        acknowledged(app.post(body, JSON))
    assert app.year["t"] == 6


@pytest.mark.parametrize("number", HUGE)
def test_a_user_who_told_such_a_number_is_still_counted(app, number):
    acknowledged(app.reply(user_details=f'{{"n": {number}}}'))
    assert app.send(begin_session="1", user_details={"name": "x"}) == ""
    assert app.year["t"] == 1
    assert AppUser.objects.get().details["name"] == "x"


def test_what_was_refused_is_never_stored_whole_if_it_is_large_but_its_beginning_is(app):
    app.send(events="[" + "x" * 50_000)
    what = RejectedInput.objects.get().what
    assert len(what) <= RejectedInput.MAX_WHAT
    assert "xxxx" in what
