"""Reading works by whatever name clients call this server; nonsense is refused in TStats' words."""

import pytest
from django.test import override_settings

from tests.tstats_helpers import default_project
from tests.wire_helpers import through_urls


@pytest.fixture(autouse=True)
def project(db):
    default_project()


@pytest.mark.parametrize("host", ["a_b<>", "stats.mygame.example", "x" * 300])
def test_a_list_needs_no_known_host(host):
    opened = [through_urls("POST", "/sessions/", headers={"host": "localhost"}) for _ in range(2)]
    assert [reply.status for reply in opened] == [201, 201]
    with override_settings(WIRE_HOSTS=["*"]):
        reply = through_urls("GET", "/sessions/?size=1", headers={"host": host})
    assert reply.status == 200
    assert reply.json["cursor"]


def test_a_query_of_too_many_fields_is_refused():
    reply = through_urls("GET", "/sessions/?" + "a=1&" * 2000)
    assert (reply.status, reply.json["error"]["code"]) == (400, "bad_request")
