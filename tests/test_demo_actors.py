"""The demo's live clients: what each does as time goes on, and how it ends."""

import json
from itertools import pairwise
from threading import Event

from telemetry.demo import app_live, app_users, household, loads, minecraft_live, rounds
from telemetry.demo.stage import Stage
from telemetry.demo.state import State
from telemetry.demo.wire import Refused
from tests.demo_helpers import KEY, NOW, Play


def test_a_round_is_the_same_whenever_it_is_played_alike() -> None:
    first, second = Play(), Play()
    first.go(rounds.game_round(first.scene, KEY))
    second.go(rounds.game_round(second.scene, KEY))
    assert first.server.sent == second.server.sent
    assert first.server.paths[0] == "/sessions/"
    assert first.server.paths[-1] == "/sessions/S1/close"
    kinds = {path.rpartition("/")[2] for path in first.server.paths}
    assert {"jump", "kill", "Game%20started"} <= kinds


def test_a_round_that_is_stopped_is_closed() -> None:
    play = Play()
    game = rounds.game_round(play.scene, KEY)
    play.go(game, seconds=8)
    assert play.server.paths[-1] != "/sessions/S1/close"
    game.close()
    assert play.server.paths[-1] == "/sessions/S1/close"


def test_a_device_falls_silent_and_is_back() -> None:
    outage = household.Outage(after=3, lasts=8, every=60, why="test")
    play = Play()
    sent_at: list[float] = []
    play.server.send = lambda request: sent_at.append(play.now)  # type: ignore[method-assign]
    appliance = household.Appliance("Station", outage=outage)
    play.go(household.beats(play.scene, appliance, "token"), seconds=20 * 60)
    gaps = [later - before for before, later in pairwise(sent_at)]
    assert [gap for gap in gaps if gap > 61] == [max(gaps)]
    assert 8 * 60 <= max(gaps) <= 9 * 60 + 1
    assert play.said == [
        "Station falls silent for 8 min: test.",
        "Station is back.",
    ]


def test_a_user_of_the_app_who_is_interrupted_ends_the_session() -> None:
    play = Play()
    device = app_users.population(1, NOW, 0.01)[0]
    visit = app_live.visit(play.scene, KEY, device, 365, {device.id}, is_first=False)
    play.go(visit, seconds=1)
    visit.close()
    assert play.server.paths == ["/i", "/i"]
    assert b"begin_session=1" in play.server.sent[0].body
    assert b"end_session=1" in play.server.sent[1].body


def test_machines_post_each_stat_of_now_by_itself() -> None:
    play = Play()
    play.go(loads.machines(play.scene, NOW, "ez"), seconds=30)
    bodies = [request.body.decode() for request in play.server.sent]
    assert any("response+time" in body for body in bodies)
    assert not any("&t=" in body for body in bodies)


def test_the_agent_of_the_minecraft_server_asks_for_a_token_when_it_is_told_to() -> None:
    play = Play()
    play.server.refusals = {"/agents/logline": [0, 401]}
    server = minecraft_live.server(play.scene, 1, "id", "secret")
    play.go(server, seconds=60)
    token, line = "/oauth/v1/token", "/api/v1/agents/logline"
    assert play.server.paths[:5] == [token, line, line, token, line]
    assert play.server.sent[2].body == play.server.sent[4].body
    assert play.server.sent[4].headers["Authorization"] == "Bearer token4"
    server.close()
    assert b"Stopping+server" in play.server.sent[-2].body
    assert b"is_server_running=False" in play.server.sent[-1].body
    assert play.spawned


def test_who_is_refused_leaves_the_stage_and_the_others_go_on() -> None:
    stop, said, acted = Event(), [], []
    stage = Stage(stop, said.append)

    def refused():
        yield 0
        raise Refused("POST /ez: 401", 401)

    def other():
        try:
            for number in range(3):
                acted.append(number)
                yield 0.01
            stop.set()
            yield 60
        finally:
            acted.append("goodbye")

    stage.add(refused())
    stage.add(other())
    stage.run(for_ever=True)
    assert said == ["One client less: POST /ez: 401"]
    assert acted == [0, 1, 2, "goodbye"]


def test_what_is_remembered_is_for_its_owner_only(tmp_path) -> None:
    path = tmp_path / "demo.json"
    assert State.load(path) is None
    state = State(seed=3, scale=0.5, began=NOW, devices={"Phone": "t"}, sent={"StatHat": 7})
    state.save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert State.load(path) == state
    assert json.loads(path.read_text())["sent"] == {"StatHat": 7}
