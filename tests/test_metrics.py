"""``/metrics``: what the server counts about itself, added up over its processes."""

import time
import urllib.request
from contextlib import ExitStack
from urllib.error import HTTPError

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from telemetry.models import User
from tests.server import ServerProcess, running_server

TOKEN = "let Prometheus in"


def scrape(server: ServerProcess) -> dict[tuple[str, ...], float]:
    """Samples by name and labels, as a scraper reads them."""
    request = urllib.request.Request(f"{server.url}/metrics")
    request.add_header("Authorization", f"Bearer {TOKEN}")
    with urllib.request.urlopen(request) as reply:
        text = reply.read().decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def post(server: ServerProcess, body: str) -> int:
    try:
        with urllib.request.urlopen(f"{server.url}/ez", body.encode()) as reply:
            return int(reply.status)
    except HTTPError as error:
        return error.code


def test_every_process_counts_and_any_of_them_tells() -> None:
    with running_server(workers=2, METRICS_TOKEN=TOKEN) as server:
        key = server.create_project()["ezkey"]
        for _ in range(40):  # a connection each, so that both processes get some
            assert post(server, f"ezkey={key}&stat=a&count=1") == 200
        assert post(server, "ezkey=nobody&stat=a&count=1") == 401
        assert post(server, f"ezkey={key}&stat=a&count=x") == 400
        assert post(server, "x" * (1 << 20) + "x") == 413
        time.sleep(2.5)  # each process writes its counts every second
        found = scrape(server)
        assert found == scrape(server)
        statuses = {
            (labels, value)
            for (name, *labels), value in found.items()
            if name.endswith("s_total")
            for labels in [tuple(labels)]
            if labels
        }
        assert statuses == {
            (("/ez", "200"), 40),
            (("/ez", "401"), 1),
            (("/ez", "400"), 1),
            (("/ez", "413"), 1),
        }
        # A key is looked up where it is written, also to find out in whose log a refusal belongs.
        assert found["telemetry_writes_total",] == 43
        assert 1 <= found["telemetry_batch_seconds_count",] <= 43
        assert found["telemetry_batch_seconds_bucket", "+Inf"] <= 43
        assert found["telemetry_waiting_points",] == 0


def test_who_watches_by_websocket_is_counted_until_they_go() -> None:
    with running_server(workers=2, METRICS_TOKEN=TOKEN) as server:
        url = f"ws://127.0.0.1:{server.port}/api/stats/ws"
        with ExitStack() as open_sockets:
            for _ in range(5):
                open_sockets.enter_context(connect(url)).recv()
            assert scrape(server)["telemetry_watchers",] == 5
        while scrape(server)["telemetry_watchers",]:  # until the test's time is over
            time.sleep(0.1)


@pytest.mark.django_db
def test_only_staff_and_who_has_the_token_may_read_them(client: Client, settings) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer None"}).status_code == 401
    settings.METRICS_TOKEN = TOKEN
    for given in ("", "Bearer", "Bearer x", "Bearer é"):
        reply = client.get("/metrics", headers={"Authorization": given})
        assert reply.status_code == 401
        assert "METRICS_TOKEN" in reply.content.decode()
    reply = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert reply.status_code == 200
    assert "telemetry_requests_total" in reply.content.decode()
    settings.METRICS_TOKEN = ""
    user = User.objects.create_user("ada", password="x")
    client.force_login(user)
    assert client.get("/metrics").status_code == 401
    user.is_staff = True
    user.save()
    assert client.get("/metrics").status_code == 200


def test_two_servers_on_one_data_folder_each_count_for_themselves() -> None:
    with running_server(workers=2, METRICS_TOKEN=TOKEN) as first:
        kept = first.data_dir / "metrics" / "not-ours"
        kept.parent.mkdir()
        kept.touch()
        key = first.create_project()["ezkey"]
        second = ServerProcess(first.data_dir, workers=2, METRICS_TOKEN=TOKEN)
        second.start()
        try:
            for server, posts in ((first, 3), (second, 1)):
                for _ in range(posts):
                    assert post(server, f"ezkey={key}&stat=a&count=1") == 200
            time.sleep(2.5)
            for server, posts in ((first, 3), (second, 1)):
                assert scrape(server)["telemetry_requests_total", "/ez", "200"] == posts
        finally:
            second.stop()
        assert kept.exists()
