"""Countly's SDK for Node against a live server that is killed in between, with replies lost.

The first reply to every request is lost, so that each is delivered twice.
"""

import json
from collections import Counter

import pytest

from sessions_app.usage.ranges import duration_range
from tests.clients.countly_relay import Relay
from tests.clients.countly_sdk import REPEATED, in_year, killed, node_sdk, packages, read, rows

NOON = 1_342_785_600  # 2012-07-20
METRICS = {"_os": "Android", "_os_version": "4.0.4", "_carrier": "vodafone TR"}
OPTIONS = {"app_version": "1.2", "interval": 25, "session_update": 0.5, "fail_timeout": -1}
CRASH = "Countly.log_error(new Error('odd'))"


@pytest.fixture(scope="module")
def sdks():
    return packages()


@pytest.fixture
def relay(sdks, server):
    with Relay(server.port) as relay:
        yield relay


@pytest.fixture
def keys(server):
    return server.create_project("App", "--open")


@pytest.fixture
def node(keys, relay):
    with node_sdk() as evaluate:
        yield evaluate


def initialised(node, keys, relay, **options):
    options = {**OPTIONS, "app_key": keys["app_key"], "url": relay.url, **options}
    node(f"Countly.init({{...{json.dumps(options)}, custom_storage_method: storage}})")


def sent_all(node, relay):
    relay.wait_until(lambda: not node("(stored.cly_event ?? []).concat(stored.cly_queue).length"))
    assert set(relay.delivered.values()) == {2}
    assert relay.infos == {REPEATED: len(relay.delivered)}


def test_node(server, keys, relay, node):
    initialised(node, keys, relay, device_id="anna", metrics=METRICS)
    node("Countly.begin_session()")
    node("Countly.add_event({key: 'buy', count: 2, sum: 1.98, segmentation: {app: 1.5}})")
    node("Countly.user_details({name: 'Anna', custom: {'größe': 'XL & more'}})")
    node("Countly.track_view('start')")
    node(CRASH)
    node("Countly.change_id('anna@example.org', true)")
    relay.wait_until(lambda: relay.sent("session_duration"))
    with killed(server):
        node("Countly.stop_time()")
        node("Countly.add_event({key: 'buy', sum: 0.99, dur: 2.5, segmentation: {app: 2}})")
        node("for (let i = 0; i < 30; i++) Countly.add_event({key: 'step', count: i + 1})")
        relay.wait_until(lambda: relay.failed)
    node("Countly.change_id('ben', false)")
    node("Countly.end_session(7)")
    sent_all(node, relay)
    assert relay.methods["POST"] == 2  # the one with many events

    seconds = sum(int(sent["session_duration"]) for sent in relay.sent("session_duration"))
    lengths = Counter([duration_range(7), duration_range(seconds - 7)])
    expected = {"t": 2, "n": 2, "u": 2, "e": len(relay.delivered), "d": seconds, "ds": lengths}
    assert in_year(read(server, keys, "sessions")) == expected
    assert in_year(read(server, keys, "users")) == {"f": {"0": 2}, "l": {"0": 2}}
    assert in_year(read(server, keys, "carriers")) == {"Vodafone Tr": {"t": 2, "n": 2, "u": 2}}
    buys, apps = read(server, keys, "events", event="buy")
    assert in_year(buys) == {"c": 3, "s": 2.97, "dur": 2.5}
    assert in_year(apps) == {"1:5": {"c": 2, "s": 1.98}, "[CLY]2": {"c": 1, "s": 0.99, "dur": 2.5}}
    (steps,) = read(server, keys, "events", event="step")
    assert in_year(steps) == {"c": 465}
    stored = Counter(name for name, _ in rows(server, keys, "type, at", "event"))
    assert stored == {"[CLY]_view": 2, "buy": 2, "step": 30}
    details = {"name": "Anna", "custom": {"größe": "XL & more"}}
    assert rows(server, keys, "device_id, details", "appuser") == [
        ("anna@example.org", details),
        ("ben", {}),
    ]


def test_node_signs_what_it_sends_and_posts_a_picture(server, keys, relay, node, tmp_path):
    salt = "pepper & ☃"
    query = "UPDATE telemetry_project SET checksum_salt = %s WHERE id = %s RETURNING id"
    server.query(query, salt, keys["id"])
    picture = tmp_path / "anna.png"
    picture.write_bytes(bytes(range(256)))
    initialised(node, keys, relay, device_id="größe", salt=salt, force_post=True)
    node("Countly.begin_session()")
    user = {"name": "Anna & Bo", "custom": {"größe": "XL"}}
    node(f"Countly.user_details({json.dumps({**user, 'picturePath': str(picture)})})")
    node("Countly.end_session(7)")
    sent_all(node, relay)
    fetched = "new Promise(done => Countly.fetch_remote_config((...told) => done(told)))"
    assert node(fetched) == [False, {}]
    assert relay.methods == {"POST": 7}
    expected = {"t": 1, "n": 1, "u": 1, "e": 3, "d": 7, "ds": {"0": 1}}
    assert in_year(read(server, keys, "sessions")) == expected
    assert rows(server, keys, "device_id, details", "appuser") == [("größe", user)]


def test_node_in_bulk(server, keys, relay, node):
    options = {**OPTIONS, "app_key": keys["app_key"], "url": relay.url}
    options |= {"bulk_size": 3, "max_events": 2}
    setting = f"{{...{json.dumps(options)}, custom_storage_method: storage}}"
    node(f"globalThis.bulk = new Countly.Bulk({setting}); 0")
    node("globalThis.anna = bulk.add_user({device_id: 'anna', country_code: 'TR'}); 0")
    node(f"void anna.begin_session({json.dumps(METRICS)}, 150, {NOON})")
    node(f"void anna.report_view('start', {NOON}, 12)")
    node(f"void anna.report_crash({{_error: 'odd'}}, {NOON + 1})")
    end = {"device_id": "anna", "end_session": 1, "timestamp": NOON + 200}
    node(f"void bulk.add_request({json.dumps(end)})")
    node("void bulk.start()")
    relay.wait_until(lambda: relay.delivered)
    with killed(server):
        node(f"void anna.begin_session({json.dumps(METRICS)}, 0, {NOON + 86_400})")
        for second in range(5):
            event = {"key": "buy", "count": 2, "sum": 0.5, "timestamp": NOON * 1000 + second}
            node(f"void anna.add_event({json.dumps(event)})")
        relay.wait_until(lambda: relay.failed)
    queues = "[stored.cly_bulk_queue, stored.cly_req_queue, stored.cly_bulk_event.anna]"
    relay.wait_until(lambda: not node(f"{queues}.flat().length"))
    assert set(relay.delivered.values()) == {2}
    items = [item for sent in relay.delivered for item in json.loads(sent["requests"])]
    infos = [info for told in relay.infos.elements() for info in told.split("; ")]
    again = [info.partition(": ")[2] for info in infos]
    assert again == [REPEATED] * len(items)

    at_noon = {"t": 1, "n": 1, "u": 1, "d": 150, "e": 7}
    first = {**at_noon, "ds": {"3": 1}}
    both = {**first, "t": 2, "e": 8}
    second = {"t": 1, "u": 1, "e": 1}
    found = read(server, keys, "sessions")
    assert found["2012"] == {
        **both,
        "w29": {"u": 1},
        "7": {**both, "20": {**first, "12": at_noon}, "21": {**second, "12": second}},
    }
    (buys,) = read(server, keys, "events", event="buy")
    counted = {"c": 10, "s": 2.5}
    day = {**counted, "12": counted}
    assert buys["2012"] == {**counted, "7": {**counted, "20": day}}
    countries = read(server, keys, "locations")
    assert in_year(countries, "2012") == {"TR": {"t": 2, "n": 1, "u": 1}}
