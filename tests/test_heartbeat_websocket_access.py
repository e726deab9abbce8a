"""Who may watch a project's devices."""

import asyncio

import httpx
import pytest
import websockets

from tests.websocket_helpers import frame, hung_up, register, watching


@pytest.fixture
def keys(server):
    return server.create_project("Closed")


async def is_shown(server, keys, query="", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        async with watching(server, keys, query, additional_headers=named) as socket:
            return "devices" in await frame(socket)
    except websockets.InvalidStatus as refused:
        if refused.response.status_code != 403:
            raise
        return False


def sign_in(server):
    """The cookie of the first admin's session."""
    with httpx.Client(base_url=server.url) as client:
        client.get("/accounts/login/")
        form = {
            "csrfmiddlewaretoken": client.cookies["csrftoken"],
            "username": "admin",
            "password": server.admin_password,
        }
        assert client.post("/accounts/login/", data=form).status_code == 302
        return f"sessionid={client.cookies['sessionid']}"


async def test_a_closed_project_is_shown_to_a_token_of_its_own(server, keys):
    other = server.create_project("Other")
    assert not await is_shown(server, keys)
    assert not await is_shown(server, keys, Authorization=keys["read_token"])
    assert not await is_shown(server, keys, Authorization=f"Bearer {other['read_token']}")
    assert not await is_shown(server, keys, Authorization=f"Bearer {keys['app_key']}")
    assert await is_shown(server, keys, Authorization=f"Bearer {keys['read_token']}")
    assert await is_shown(server, keys, Authorization=f"Bearer {keys['manage_token']}")


async def test_a_closed_project_is_shown_to_who_is_signed_in_on_our_own_pages(server, keys):
    cookie = await asyncio.to_thread(sign_in, server)
    ours = f"http://127.0.0.1:{server.port}"
    assert await is_shown(server, keys, Cookie=cookie)
    assert await is_shown(server, keys, Cookie=cookie, Origin=ours)
    # A script on somebody else's page, in the browser of somebody who is signed in here.
    assert not await is_shown(server, keys, Cookie=cookie, Origin="http://evil.example")
    assert not await is_shown(server, keys, Cookie=cookie, Origin="null")


async def test_an_open_project_is_shown_to_any_page(server):
    keys = server.create_project("Open", "--open")
    assert await is_shown(server, keys, Origin="http://elsewhere.example")


@pytest.mark.parametrize("slug", ["nope", "%00", "a%20b"])
async def test_a_project_that_is_not_there_is_not_shown(server, slug):
    assert not await is_shown(server, {"slug": slug})


async def test_a_status_page_may_be_watched_by_anybody_but_names_no_devices(server, keys):
    register(server, keys)
    assert not await is_shown(server, keys, "&devices=")
    server.query(
        "UPDATE devices_app_fleet SET status_page = true WHERE project_id = %s RETURNING 1",
        keys["id"],
    )
    assert await is_shown(server, keys, "&devices=")
    assert not await is_shown(server, keys)
    assert not await is_shown(server, keys, "&devices=0")


async def test_who_watches_is_sent_away_when_the_project_is_closed(server):
    keys = server.create_project("Closing", "--open")
    bearer = {"Authorization": f"Bearer {keys['read_token']}"}
    async with (
        watching(server, keys) as anybody,
        watching(server, keys, additional_headers=bearer) as holder,
    ):
        await frame(anybody)
        await frame(holder)
        server.query(
            "UPDATE telemetry_project SET read_policy = 'token' WHERE id = %s RETURNING 1",
            keys["id"],
        )
        with pytest.raises(websockets.ConnectionClosed):
            await hung_up(anybody)
        assert anybody.close_code == 1008
        for _ in range(3):
            await frame(holder)


async def test_who_signs_out_is_told_no_more(server, keys):
    cookie = await asyncio.to_thread(sign_in, server)
    async with watching(server, keys, additional_headers={"Cookie": cookie}) as member:
        await frame(member)
        await asyncio.to_thread(sign_out, server, cookie)
        # Looked at again at once, because who may read has been changed.
        server.query(
            "INSERT INTO devices_app_fleet (project_id, status_page) VALUES (%s, true)"
            " ON CONFLICT (project_id) DO UPDATE SET status_page = true RETURNING 1",
            keys["id"],
        )
        with pytest.raises(websockets.ConnectionClosed):
            await hung_up(member)
        assert member.close_code == 1008


def sign_out(server, cookie):
    session = cookie.removeprefix("sessionid=")
    with httpx.Client(base_url=server.url, cookies={"sessionid": session}) as client:
        client.get("/")
        form = {"csrfmiddlewaretoken": client.cookies["csrftoken"]}
        assert client.post("/accounts/logout/", data=form).status_code == 302
