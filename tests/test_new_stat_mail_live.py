"""A real server tells of new stats by itself, through a real SMTP conversation."""

import re
import time

import httpx
import pytest

from tests.server import running_server
from tests.smtp_sink import smtp_sink

ADD_MANAGER = """
from telemetry.models import *
user = User.objects.create_user('max', 'max@example.org')
Membership.objects.create(user=user, project=Project.objects.get(pk={id}), role='manager')
"""


def wait_for(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def sink():
    with smtp_sink() as sink:
        yield sink


@pytest.fixture(scope="module")
def server(sink):
    with running_server(EMAIL_URL=sink.url) as server:
        yield server


@pytest.fixture(scope="module")
def keys(server):
    keys = server.create_project("Mail")
    server.manage("shell", "-c", ADD_MANAGER.format(**keys))
    return keys


def post(server, keys, *stats):
    data = [{"stat": stat, "count": 1} for stat in stats]
    reply = httpx.post(f"{server.url}/ez", json={"ezkey": keys["ezkey"], "data": data})
    assert reply.status_code == 200, reply.text


def test_an_email_goes_out_and_its_link_works(server, sink, keys):
    post(server, keys, "first", "second")
    wait_for(lambda: sink.messages)
    post(server, keys, "first", "second")
    time.sleep(2.5)
    (message,) = sink.messages
    assert message["to"] == "max@example.org"
    assert message["subject"] == "[Mail] New: 2 stats"
    link = re.search(rf"{server.url}/\S+/destroy/\S+", message.get_content())[0]

    with httpx.Client(headers={"referer": link}) as browser:
        page = browser.get(link)
        assert (page.status_code, "first" in page.text) == (200, True)
        assert names(server, keys) == {"first", "second"}
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
        assert browser.post(link, data={"csrfmiddlewaretoken": token}).status_code == 200
    assert names(server, keys) == {"second"}


def test_what_a_killed_server_had_left_to_send_is_sent_when_it_starts_again(server, sink, keys):
    sink.messages.clear()
    post(server, keys, "left over")
    server.kill()
    assert not sink.messages, "it was sent before the server was killed: nothing is proved"
    server.start()
    wait_for(lambda: sink.messages)
    assert sink.messages[0]["subject"] == "[Mail] New: “left over”"


def names(server, keys):
    found = server.query("SELECT name FROM stats_app_stat WHERE project_id = %s", keys["id"])
    return {name for (name,) in found}
