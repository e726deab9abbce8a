"""Processes that count in the same rows, as two servers on one database may."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db.models import Sum

from devices_app.models import Tally
from devices_app.services import create_device
from devices_app.writes import CountVisit, RecordBeat
from telemetry.ids import new_id
from telemetry.keys import hash_secret
from telemetry.services import create_project
from telemetry.store.group import _apply
from telemetry.store.process import connect
from tests.heartbeat_helpers import START


def write(seed, tokens, slugs):
    """Batches of beats and visits of several projects; how many there were of each."""
    chance = random.Random(seed)
    told = [0, 0]
    with connect() as connection:
        for turn in range(300):
            at = START + turn
            beats = [
                RecordBeat(hash_secret(chance.choice(tokens)), at, new_id(at))
                for _ in range(chance.randint(1, 6))
            ]
            visits = [CountVisit(chance.choice(slugs)) for _ in range(chance.randint(1, 6))]
            _apply(connection, chance.sample([*beats, *visits], len(beats) + len(visits)))
            told = [told[0] + len(beats), told[1] + len(visits)]
    return told


@pytest.mark.django_db(transaction=True)
def test_beats_and_visits_lock_their_rows_in_one_order():
    projects = [create_project(name=f"p{number}").project for number in range(4)]
    tokens = [create_device(project=project, name="x").token for project in projects]
    slugs = [project.slug for project in projects]
    with ThreadPoolExecutor(3) as threads:
        told = list(threads.map(lambda seed: write(seed, tokens, slugs), range(3)))
    stored = Tally.objects.aggregate(beats=Sum("beats"), visits=Sum("visits"))
    assert (stored["beats"], stored["visits"]) == tuple(map(sum, zip(*told, strict=True)))
