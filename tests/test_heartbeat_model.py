"""Whatever devices do, statistics are those of a few lines of Python that do the same."""

import itertools
from collections import Counter
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from devices_app import writes
from devices_app.models import Absence, BeatHour
from devices_app.services import count_visit, delete_devices
from telemetry.ids import new_id
from telemetry.keys import hash_secret
from telemetry.store.write import Batch
from tests.heartbeat_helpers import (
    DAY,
    HOUR,
    START,
    beat,
    new_project,
    regenerate,
    register,
    set_clock,
    stats,
)
from tests.heartbeat_model import Model

# One transaction for all examples, each with a project of its own.
MODEL = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
# How far clocks of processes may be behind each other without one being wrong.
BEHIND = 10


def eighths(least, most):
    return st.integers(8 * least, 8 * most).map(lambda count: count / 8)


which = st.integers(0, 3)
waits = st.one_of(
    eighths(0, 90),
    eighths(-BEHIND, BEHIND),
    st.sampled_from([0, -0.125, -9, HOUR - 0.125, HOUR, HOUR + 0.125, DAY, 60 * DAY]),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), waits),
        st.tuples(st.just("beat"), which),
        st.tuples(st.just("beat"), which),
        st.tuples(st.just("together"), st.lists(st.tuples(which, eighths(0, 2)), max_size=5)),
        st.tuples(st.just("register"), st.sampled_from(["Laptop", 'a "b"\\\n'])),
        st.tuples(st.sampled_from(["regenerate", "delete", "visit", "process"]), which),
    ),
    max_size=20,
)
slugs = (f"model-{number}" for number in itertools.count())


class Server:
    """The real one, led through the same steps as the model."""

    def __init__(self, monkeypatch):
        self.clock = set_clock(monkeypatch)
        self.latest = self.clock.at
        self.monkeypatch = monkeypatch
        self.slug = next(slugs)
        created = datetime.fromtimestamp(START, UTC)
        self.project = new_project(self.slug, self.slug, read_policy="open", created_at=created)
        self.model = Model()
        self.tokens = {}

    def wait(self, seconds):
        self.clock.at = max(self.clock.at + seconds, self.latest - BEHIND)
        self.latest = max(self.latest, self.clock.at)

    def register(self, name):
        new = register(name, self.slug)
        self.tokens[new["id"]] = new["token"]
        self.model.register(name)

    def beat(self, number):
        if number in self.tokens:
            reply = beat(self.tokens[number])
            assert (reply.status, reply.body) == (200, b"%d" % self.clock.at)
            self.model.beat(number, self.clock.at)

    def together(self, beats):
        """Beats that one transaction stores, each some time after the one before."""
        batch = []
        for number, seconds in beats:
            if number in self.tokens:
                self.wait(seconds)
                at = float(self.clock.at)
                batch.append(writes.RecordBeat(hash_secret(self.tokens[number]), at, new_id(at)))
                self.model.beat(number, at)
        with psycopg.Cursor(connection.connection) as cursor:
            cursor.format = psycopg.pq.Format.BINARY
            assert list(writes.RecordBeat.apply(Batch(cursor), batch)) == [True] * len(batch)

    def regenerate(self, number):
        if number in self.tokens:
            old, new = self.tokens[number], regenerate(number, self.slug).json["token"]
            self.tokens[number] = new
            assert beat(old).status == 401

    def delete(self, number):
        assert delete_devices(project=self.project, numbers=[number]) == (number in self.tokens)
        if number in self.tokens:
            assert beat(self.tokens.pop(number)).status == 401
            del self.model.devices[number]

    def visit(self, _):
        count_visit(slug=self.slug)
        self.model.visits += 1

    def process(self, slot):
        """From now on another serving process is asked."""
        self.monkeypatch.setattr(writes, "SLOT", slot)

    def stored(self):
        """Of each device its beats by hours, and its absences."""
        of_project = {"project_id": self.project.pk}
        found = {number: (Counter(), []) for number in self.tokens}
        rows = BeatHour.objects.filter(**of_project).values_list("device__number", "start", "count")
        for number, start, count in rows:
            found[number][0][start.timestamp()] = count
        absences = Absence.objects.filter(**of_project).order_by("started_at")
        for number, *times in absences.values_list("device__number", "started_at", "ended_at"):
            found[number][1].append(tuple(time.timestamp() for time in times))
        return found


@pytest.mark.django_db
@MODEL
@given(steps=steps)
# What one process stores late lies between what another has stored.
@example(steps=[("beat", 0), ("wait", -0.125), ("together", [(0, 0), (0, 1)])])
@example(
    steps=[("process", 0), ("beat", 0), ("wait", 90), ("process", 1), ("beat", 0), ("wait", -1),
           ("beat", 0), ("process", 0), ("wait", 0.5), ("beat", 0)]
)  # fmt: skip
def test_statistics_are_those_of_the_model_after_every_step(monkeypatch, steps):
    server = Server(monkeypatch)
    server.register("Laptop")
    for kind, what in steps:
        getattr(server, kind)(what)
        assert stats(f"?project={server.slug}").body == server.model.document(server.clock.at)
    devices = server.model.devices.items()
    known = {number: (device.hours, device.absences) for number, device in devices}
    assert server.stored() == known
