"""A session's address is stored, and told to its client, as its project's policy has it."""

import pytest

from sessions_app.writes.sessions import OpenSession
from telemetry.addresses import shown_address
from telemetry.ids import new_id
from telemetry.store.group import _apply
from telemetry.store.process import connect
from tests.tstats_helpers import (
    APP_KEY,
    START,
    close,
    default_project,
    listed,
    new_project,
    open_session,
    row,
    send,
)

POLICIES = ["keep", "shorten", "drop"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("policy", "shown"), [("keep", "127.0.0.1"), ("shorten", "127.0.0.0"), ("drop", "")]
)
@pytest.mark.parametrize("key", [APP_KEY, None])
def test_every_reply_tells_what_is_stored(policy, shown, key):
    default_project(address_policy=policy)
    opened = send("POST", "/sessions/", key=key).json
    session = opened["_id"]
    assert row(session).address == shown
    assert opened["ip"] == close(session).json["ip"] == shown
    assert listed().json["sessions"][0]["ip"] == shown


@pytest.mark.django_db
def test_a_policy_counts_from_the_next_session_on():
    project = default_project()
    before = open_session()
    type(project).objects.update(address_policy="drop")
    after = open_session()
    assert (row(before).address, row(after).address) == ("127.0.0.1", "")


@pytest.mark.django_db(transaction=True)
def test_projects_of_all_policies_are_served_by_one_batch():
    projects = {policy: new_project(policy, address_policy=policy) for policy in POLICIES}
    addresses = ["203.0.113.9", "2001:db8:1:2::9", "unknown", "", "::ffff:203.0.113.9"]
    asked = [(policy, address) for address in addresses for policy in POLICIES]
    writes = [
        OpenSession(projects[policy].app_key, new_id(START), START, None, address)
        for policy, address in asked
    ]
    with connect() as writer:
        outcomes = _apply(writer, writes)
    assert outcomes == [
        (projects[policy].pk, shown_address(policy, address)) for policy, address in asked
    ]
