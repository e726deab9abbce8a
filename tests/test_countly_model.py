"""Whatever is sent, in whichever batches and by whichever processes, is counted by the rules."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions_app.dialects.countly.parsing import read_request
from sessions_app.writes.usage.requests import RecordRequests, Result
from telemetry.store.group import GroupStore, _apply
from telemetry.store.process import connect
from tests.countly_helpers import make_project
from tests.countly_model import Model

pytestmark = pytest.mark.django_db(transaction=True)

METHODS = [
    *("sessions", "users", "locations", "carriers", "devices", "device_details", "app_versions"),
]
NOW = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
# Summer time ends; a year ends, in its 53rd week; a leap day; a summer's noon.
STARTS = [
    datetime(2012, 10, 27, 22, 30, tzinfo=UTC),
    datetime(2012, 12, 30, 22, 59, 50, tzinfo=UTC),
    datetime(2012, 2, 28, 23, 0, tzinfo=UTC),
    datetime(2013, 7, 20, 12, 5, tzinfo=UTC),
]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"]
# Borders of the cooldown, of ranges, hours and days; clocks that were set back.
STEPS = [0, 1, 10, 14, 15, 16, 59, 600, 1799, 3599, 3600, 7200, 86_399, 86_400, 172_800]
LONG_STEPS = [7 * 86_400, 31 * 86_400, 366 * 86_400]
BACK = [-20, -3600, -86_400, -7 * 86_400]
DEVICES = ["a", "b", "c"]
METRICS = {
    "_os": ["Android", "iOS"],
    "_device": ["X", "Y"],
    "_app_version": ["1:0", "1:1"],
    "_resolution": ["1x1", "2x2"],
    "_carrier": ["Vodafone Tr", "O2"],
}


def some_metrics(chance: random.Random) -> dict[str, str]:
    return {name: chance.choice(of) for name, of in METRICS.items() if chance.random() < 0.7}


def some_events(chance: random.Random, at: int) -> list[dict[str, object]]:
    events = []
    for _ in range(chance.randint(1, 3)):
        event = {"key": chance.choice(["buy", "play"]), "count": chance.randint(1, 3)}
        if chance.random() < 0.5:
            event["sum"] = chance.choice([0.25, 2, -1.5])
        if chance.random() < 0.5:
            segments = {"level": ["easy", "hard"], "where": ["here", "7"]}
            event["segmentation"] = {
                name: chance.choice(of) for name, of in segments.items() if chance.random() < 0.8
            }
        if chance.random() < 0.3:
            event["timestamp"] = at - chance.choice([0, 3600, 86_400])
        events.append(event)
    return events


def stream(seed: int, length: int) -> list[tuple[str, int, dict[str, object]]]:
    """Requests of a few devices: who, when, what."""
    chance = random.Random(seed)
    merges = chance.choice([0.02, 0.15])
    clocks = dict.fromkeys(DEVICES, int(chance.choice(STARTS).timestamp()))
    found: list[tuple[str, int, dict[str, object]]] = []
    for _ in range(length):
        device = chance.choice(DEVICES)
        kind = chance.random()
        steps = LONG_STEPS if kind < 0.03 else BACK if kind < 0.08 else STEPS
        clocks[device] += chance.choice(steps)
        said: dict[str, object] = {}
        if chance.random() < 0.45:
            said["begin"] = True
            said["country"] = chance.choice(["TR", "DE", "Unknown"])
            said["metrics"] = some_metrics(chance)
        if chance.random() < 0.45:
            said["seconds"] = chance.choice([1, 9, 10, 11, 30, 31, 60, 120])
        if chance.random() < 0.3:
            said["end"] = True
        if chance.random() < 0.25:
            said["events"] = some_events(chance, clocks[device])
        if chance.random() < merges:
            said["old_device_id"] = chance.choice(DEVICES)
        found.append((device, clocks[device], said))
    return found


def params_of(device: str, at: int, said: dict[str, object], number: int) -> dict[str, object]:
    """As an SDK sends it; a number makes each request another one."""
    params: dict[str, object] = {"timestamp": str(at), "rr": "3", "number": number}
    if said.get("begin"):
        params["begin_session"] = "1"
        params["country_code"] = said["country"]
        params["metrics"] = said["metrics"]
        if said["country"] == "Unknown":
            params["location"] = ""
    if "seconds" in said:
        params["session_duration"] = said["seconds"]
    if said.get("end"):
        params["end_session"] = 1
    if "events" in said:
        params["events"] = said["events"]
    if "old_device_id" in said:
        params["old_device_id"] = said["old_device_id"]
    return params


def write_of(key: str, device: str, at: int, said: dict[str, object], number: int):
    problems: list[str] = []
    request = read_request(
        params_of(device, at, said, number),
        app_key=key,
        device_id=device,
        received=NOW,
        address="",
        signed=b"",
        problems=problems,
    )
    assert not problems
    return RecordRequests((request,))


def model_of(zone: str, requests) -> Model:
    model = Model(zone)
    for device, at, params in requests:
        said = {**params}
        if said.get("begin"):
            said.pop("seconds", None)
        if said.get("old_device_id") == device:
            said.pop("old_device_id")
        model.request(device, at, **said)
    return model


def told(client, project, method: str, **params: str):
    reply = client.get("/o", {"app_key": project.app_key, "method": method, **params})
    assert reply.status_code == 200
    document = reply.json()
    if isinstance(document, dict):
        document.pop("_id", None)
    return document


def sorted_meta(document):
    meta = {name: sorted(values) for name, values in document.get("meta", {}).items()}
    return {**document, **({"meta": meta} if meta else {})}


def assert_told(client, project, model: Model, *, in_order: bool) -> None:
    for method in METHODS:
        expected, found = model.document(method), told(client, project, method)
        if not expected:
            assert all(value == {} for value in found.values()), method
            continue
        if not in_order:
            expected, found = sorted_meta(expected), sorted_meta(found)
        assert found == expected, method
    for key in model.events:
        documents = told(client, project, "events", event=key)
        found = {document.pop("_id"): document for document in documents}
        found["no-segment"].pop("meta", None)
        assert found == model.event_documents(key)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 10**9),
    length=st.integers(1, 60),
    zone=st.sampled_from(ZONES),
    data=st.data(),
)
def test_batches_of_any_size_count_as_one_request_after_the_other(
    client, seed, length, zone, data
) -> None:
    project = make_project(timezone=zone)
    requests = stream(seed, length)
    writes = [write_of(project.app_key, *request, n) for n, request in enumerate(requests)]
    sizes = random.Random(seed + 1)
    with connect() as connection:
        while writes:
            size = sizes.choice([1, 2, 5, 20, 60])
            outcomes = _apply(connection, writes[:size])
            assert all(outcome[0].result is Result.STORED for outcome in outcomes)
            # What is delivered again is known, in whichever batch it comes.
            if sizes.random() < 0.3:
                (again,) = _apply(connection, [writes[:size][-1]])
                assert again[0].result is Result.REPEATED
            writes = writes[size:]
    assert_told(client, project, model_of(zone, requests), in_order=True)
    project.delete()


def test_processes_that_carry_the_same_devices_count_each_once(client) -> None:
    for seed in range(12):
        zone = ZONES[seed % len(ZONES)]
        project = make_project(timezone=zone)
        requests = [
            (device, at, {name: said[name] for name in said if name != "old_device_id"})
            for device, at, said in stream(seed, 150)
        ]
        stores = [GroupStore(connect, queue_limit=10_000) for _ in range(3)]

        def send(device: str, key=project.app_key, requests=requests, stores=stores) -> None:
            chance = random.Random(device)
            for number, request in enumerate(requests):
                if request[0] == device:
                    write = write_of(key, *request, number)
                    (outcome,) = chance.choice(stores).submit_and_wait(write)
                    assert outcome.result is Result.STORED

        try:
            with ThreadPoolExecutor(len(DEVICES)) as pool:
                list(pool.map(send, DEVICES))
        finally:
            for store in stores:
                store.close()
        assert_told(client, project, model_of(zone, requests), in_order=False)


def test_one_new_device_that_many_processes_begin_at_once_is_one_user(client) -> None:
    project = make_project()
    stores = [GroupStore(connect, queue_limit=10_000) for _ in range(4)]
    at = int(STARTS[3].timestamp())

    def begin(number: int) -> None:
        write = write_of(
            project.app_key, "a", at, {"begin": True, "country": "TR", "metrics": {}}, number
        )
        stores[number % 4].submit_and_wait(write)

    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(begin, range(40)))
    finally:
        for store in stores:
            store.close()
    year = told(client, project, "sessions")["2013"]
    assert (year["t"], year["n"], year["u"]) == (40, 1, 1)
