"""By whichever method and in whichever form an SDK sends, the same is counted."""

import json
from urllib.parse import urlencode

import pytest

from sessions_app.models import AppUser, Dimension, Event
from tests.countly_helpers import event_counts, set_clock
from tests.countly_writes import FORM, JSON, NOON, acknowledged, multipart, new_app
from tests.wire_helpers import exchange, through_door

pytestmark = pytest.mark.django_db

SUCCESS = b'{"result":"Success"}'
METRICS = {"_os": "Android", "_device": "GT-I9100"}
ONE = {"t": 1, "n": 1, "u": 1, "e": 1}


@pytest.fixture
def app(monkeypatch):
    set_clock(monkeypatch, NOON)
    return new_app()


def check_began(app, reply):
    assert (reply.status, reply.body) == (200, SUCCESS)
    assert app.year == ONE
    assert app.by_value(Dimension.DEVICE) == {"GT-I9100": {"t": 1, "n": 1, "u": 1}}


@pytest.fixture
def params(app):
    metrics = json.dumps(METRICS)
    return {"app_key": app.key, "device_id": "d1", "begin_session": "1", "metrics": metrics}


def test_a_get_with_a_query(app, params):
    check_began(app, through_door("GET", f"/i?{urlencode(params)}"))


@pytest.mark.parametrize("kind", [FORM, f"{FORM}; charset=UTF-8", "", "text/plain;charset=UTF-8"])
def test_a_form(app, params, kind):
    check_began(app, app.post(urlencode(params), kind))


def test_a_multipart_form(app, params):
    check_began(app, app.post(*multipart(**params)))


def test_a_multipart_form_whose_picture_is_passed_over(app, params):
    body, kind = multipart(**params)
    head = 'Content-Disposition: form-data; name="user_picture"; filename="a.png"'
    picture = f"--b\r\n{head}\r\nContent-Type: image/png\r\n\r\n".encode() + b"\x89PNG\0\xff\r\n"
    check_began(app, app.post(picture + body, kind))


@pytest.mark.parametrize("kind", [JSON, f"{JSON}; charset=utf-8", FORM, ""])
@pytest.mark.parametrize("metrics", [METRICS, json.dumps(METRICS)], ids=["object", "text"])
def test_a_json_body_whose_metrics_are_an_object_or_text(app, params, kind, metrics):
    body = json.dumps({**params, "begin_session": 1, "metrics": metrics})
    check_began(app, app.post(body, kind))


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_json_body_may_begin_with_spaces_or_a_byte_order_mark(app, params, mark):
    check_began(app, app.post(f"{mark}\r\n {json.dumps(params)}", JSON))


def test_a_post_whose_parameters_are_in_the_query(app, params):
    check_began(app, app.post(b"", query=urlencode(params)))


def test_a_post_with_some_parameters_in_the_query_and_some_in_the_body(app, params):
    metrics = {"metrics": params.pop("metrics")}
    check_began(app, app.post(urlencode(metrics), query=urlencode(params)))


def test_a_get_with_a_body_is_read_as_a_post_is(app, params):
    body = json.dumps(params).encode()
    check_began(app, through_door("GET", "/i", body, {"content-type": JSON}))


def test_the_query_overwrites_the_form(app, params):
    form = urlencode({**params, "device_id": "form"})
    app.post(form, query="device_id=query")
    assert AppUser.objects.get().device_id == "query"


def test_a_json_body_overwrites_the_query(app, params):
    app.post(json.dumps({**params, "device_id": "json"}), JSON, query="device_id=query")
    assert AppUser.objects.get().device_id == "json"


def test_the_query_overwrites_a_multipart_form(app, params):
    app.post(*multipart(**params), query="device_id=query")
    assert AppUser.objects.get().device_id == "query"


def test_plus_and_percent_are_read_as_browsers_write_them(app, params):
    app.send("a b+ö%", events=[{"key": "a b+ö%&=", "count": 1}])
    assert AppUser.objects.get().device_id == "a b+ö%"
    assert Event.objects.get().type == "a b+ö%&="
    app.post(f"app_key={app.key}&device_id=x+y%20z")
    assert AppUser.objects.filter(device_id="x y z").exists()


@pytest.mark.parametrize("kind", ["query", "form", "json", "multipart"])
def test_more_than_two_kilobytes(app, kind):
    events = [{"key": "buy", "count": 1, "segmentation": {"what": f"thing {n}"}} for n in range(90)]
    params = {"app_key": app.key, "device_id": "d1", "events": json.dumps(events)}
    assert len(params["events"]) > 4096
    if kind == "query":
        reply = through_door("GET", f"/i?{urlencode(params)}")
    elif kind == "form":
        reply = app.post(urlencode(params))
    elif kind == "json":
        reply = app.post(json.dumps({**params, "events": events}), JSON)
    else:
        reply = app.post(*multipart(**params))
    assert acknowledged(reply) == ""
    assert event_counts(app.project, "buy")[2012] == {"c": 90}
    assert len(event_counts(app.project, "buy", "what")[2012]) == 90


@pytest.mark.parametrize("path", ["/i", "/i/", "//i"])
def test_a_slash_too_many_in_the_path_is_passed_over(app, params, path):
    check_began(app, through_door("GET", f"{path}?{urlencode(params)}"))


@pytest.mark.parametrize("path", ["/i/bulk", "/i/bulk/", "//i/bulk"])
def test_a_slash_too_many_in_the_path_of_a_bulk_is_passed_over(app, params, path):
    check_began(app, app.post(json.dumps({"requests": [params]}), JSON, path=path))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "nonsense"])
def test_an_encoded_body_is_refused_in_words_and_not_counted(app, params, encoding):
    headers = {"content-type": FORM, "content-encoding": encoding}
    reply = through_door("POST", "/i", urlencode(params).encode(), headers)
    assert (reply.status, reply.json["result"]) == (200, "Success")
    assert encoding in reply.json["info"]
    assert not app.counts()


def test_an_encoding_that_changes_nothing_is_none(app, params):
    headers = {"content-type": FORM, "content-encoding": "identity"}
    check_began(app, through_door("POST", "/i", urlencode(params).encode(), headers))


def test_a_body_that_is_too_large_is_refused_in_words(app, settings):
    assert app.post(b"events=" + b"x" * settings.BODY_LIMIT).status == 400  # nobody's
    reply = app.post(b"events=" + b"x" * settings.BODY_LIMIT * 8)
    assert (reply.status, reply.json["result"]) == (200, "Success")  # else it would come for ever
    assert "larger than" in reply.json["info"]


@pytest.mark.django_db(transaction=True)
def test_http_1_0_without_a_host(server):
    key = server.create_project()["app_key"]
    query = f"app_key={key}&device_id=d1&begin_session=1"
    reply = exchange(server, f"GET /i?{query} HTTP/1.0\r\n\r\n".encode())
    assert (reply.status, reply.body) == (200, SUCCESS)
    body = b"app_key=%s&device_id=d1&session_duration=7" % key.encode()
    head = f"POST /i HTTP/1.0\r\nContent-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n"
    reply = exchange(server, head.encode() + body)
    assert (reply.status, reply.body) == (200, SUCCESS)
    sql = (
        "SELECT max(t), max(d) FROM sessions_app_usagecounter c JOIN telemetry_project p"
        " ON p.id = c.project_id WHERE app_key = %s"
    )
    assert server.query(sql, key) == [(1, 7)]
