"""Servers in the admin: an agent's secret shows once; what clients reported is not in the way."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from sessions_app.models import AgentToken, ClaimedName, LogLine, Player, Server, Session
from sessions_app.services import servers as services
from telemetry.models import AccessToken, Membership, User
from tests.api_helpers import new_project
from tests.minecraft_helpers import login, new_server, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_user("staff", is_staff=True))
    return client


@pytest.fixture
def server():
    return new_server("lab")


def url(page="changelist", *args, model="server"):
    return reverse(f"admin:sessions_app_{model}_{page}", args=args)


def shown_once(page):
    return re.findall(r"<code>(.+?)</code>", page.content.decode())


def agent_of(server, secret):
    return services.server_of_agent(client_id=server.agent_client_id, client_secret=secret)


def test_a_server_is_added_and_its_agents_secret_shown_once(staff):
    lab = new_project("lab")
    sent = {"project": lab.pk, "name": " <My>  server ", "address": "mc.example.com"}
    page = staff.post(url("add"), sent | {"_continue": "1"}, follow=True)
    server = Server.objects.get()
    assert (server.project, server.name, server.address) == (lab, "<My> server", "mc.example.com")
    client_id, secret = shown_once(page)
    assert client_id == server.agent_client_id
    assert agent_of(server, secret) == server
    again = staff.get(url("change", server.pk)).content.decode()
    assert (secret in again, client_id in again, server.key in again) == (False, True, True)
    for text in (page.content.decode(), str(list(LogEntry.objects.values()))):
        assert server.agent_secret_hash not in text
    assert secret not in str(list(LogEntry.objects.values()))


@pytest.mark.parametrize("name", ["", "  ", "a\0b", "a\x1bb", "x" * 256])
def test_a_name_that_cannot_be_is_refused_in_the_form(staff, server, name):
    for path in (url("add"), url("change", server.pk)):
        response = staff.post(path, {"project": server.project_id, "name": name})
        assert (response.status_code, bool(response.context["errors"])) == (200, True)
    assert Server.objects.get().name == "Survival"


def test_a_server_is_renamed_and_nothing_else(staff, server):
    sent = {
        "name": "new", "address": "", "project": new_project("other").pk, "key": "x",
        "status": "RUNNING", "agent_client_id": "x",
    }  # fmt: skip
    services.update_server(server=server, name="old", address="there")
    assert staff.post(url("change", server.pk), sent).status_code == 302
    after = Server.objects.get()
    assert (after.name, after.address, after.status) == ("new", None, "UNKNOWN")
    assert (after.project_id, after.key) == (server.project_id, server.key)
    assert after.agent_client_id == server.agent_client_id


def test_a_server_that_was_deleted_meanwhile_is_gone(staff, server, monkeypatch):
    real = services.update_server

    def after_it_was_deleted(**arguments):
        Server.objects.all().delete()
        return real(**arguments)

    monkeypatch.setattr(services, "update_server", after_it_was_deleted)
    page = staff.post(url("change", server.pk), {"name": "new"}, follow=True)
    assert "Somebody has deleted this server." in page.content.decode()


def test_an_agent_gets_a_new_secret_after_a_question(staff):
    new = services.create_server(project=new_project("lab"), name="Survival")
    tokens = services.new_agent_tokens(server=new.server)
    path = url("secret", new.server.pk)
    assert path in staff.get(url("change", new.server.pk)).content.decode()
    question = staff.get(path)
    assert new.server.agent_client_id in question.content.decode()
    assert agent_of(new.server, new.client_secret)
    page = staff.post(path, follow=True)
    (secret,) = shown_once(page)
    assert agent_of(new.server, secret)
    assert agent_of(new.server, new.client_secret) is None
    assert not AgentToken.objects.exists()
    assert not AccessToken.objects.filter(token_hash=tokens.access_token).exists()
    assert not shown_once(staff.get(url("change", new.server.pk)))
    assert LogEntry.objects.get().change_message == "Gave the agent a new secret."
    assert staff.get(url("secret", 10**9)).status_code == 404


@pytest.mark.parametrize("way", ["page", "action"])
def test_a_server_is_deleted_with_all_that_is_of_it(
    staff, server, way, django_capture_on_commit_callbacks, django_assert_max_num_queries
):
    kept = new_server("lab")
    for each in (server, kept):
        send(each, *(login(10 * number, f"name{number}") for number in range(20)))
    # However much there is, Django collects none of it.
    with django_capture_on_commit_callbacks(execute=True), django_assert_max_num_queries(60):
        if way == "page":
            question = staff.get(url("delete", server.pk))
            staff.post(url("delete", server.pk), {"post": "yes"})
        else:
            sent = {"action": "delete_selected", "_selected_action": [server.pk]}
            question = staff.post(url(), sent)
            staff.post(url(), sent | {"post": "yes"})
    assert "its players, sessions and log lines" in question.content.decode()
    assert Server.objects.get() == kept
    for model in (LogLine, Player, Session):
        assert set(model.objects.values_list("server_id", flat=True)) == {kept.pk}
        assert model.objects.count() == 20


def test_the_list_takes_the_same_few_queries_however_long(staff, server, django_assert_num_queries):
    for _ in range(3):
        with django_assert_num_queries(7):  # session, user, permissions, filter, count, rows
            page = staff.get(url())
        for slug in ("lab", "other"):
            send(new_server(slug), login(0))
    assert "Survival" in page.content.decode()
    assert "1 server" in staff.get(url(), {"q": server.key}).content.decode()
    assert "1 server" in staff.get(url(), {"q": server.agent_client_id}).content.decode()


def test_what_is_of_a_server_is_one_click_away(staff, server):
    send(server, login(0, "steve"))
    send(new_server("lab"), login(0, "alex"))
    page = staff.get(url("change", server.pk)).content.decode()
    for model in ("session", "player", "logline"):
        (link,) = re.findall(rf'href="({url(model=model)}\?[^"]*)"', page)
        shown = staff.get(link.replace("&amp;", "&")).content.decode()
        assert "steve" in shown
        assert "alex" not in shown


def test_a_name_is_given_to_a_user_and_taken_away(staff, server):
    user = User.objects.create_user("alex")
    sent = {"project": server.project_id, "name": "Notch", "user": user.pk}
    assert staff.post(url("add", model="claimedname"), sent).status_code == 302
    again = staff.post(url("add", model="claimedname"), sent)
    assert "already exists" in again.content.decode()
    claimed = ClaimedName.objects.get()
    assert (claimed.name, claimed.user, claimed.project) == ("Notch", user, server.project)
    assert "Notch" in staff.get(url(model="claimedname"), {"q": "alex"}).content.decode()
    page = url("change", claimed.pk, model="claimedname")
    assert staff.get(page).status_code == 200
    assert staff.post(page, sent | {"name": "x"}).status_code == 403
    staff.post(url("delete", claimed.pk, model="claimedname"), {"post": "yes"})
    assert not ClaimedName.objects.exists()


def test_members_who_are_not_staff_stay_outside(client, server):
    user = User.objects.create_user("m")
    Membership.objects.create(project=server.project, user=user, role="manager")
    client.force_login(user)
    before = Server.objects.get().agent_secret_hash
    for page in ("change", "delete", "secret"):
        assert client.get(url(page, server.pk)).status_code == 302
        assert client.post(url(page, server.pk), {"post": "yes"}).status_code == 302
    for model in ("server", "player", "session", "event", "logline", "claimedname"):
        assert client.get(url(model=model)).status_code == 302
    assert Server.objects.get().agent_secret_hash == before


def test_no_page_needs_inline_scripts_or_styles(staff, server):
    for page in (url(), url("add"), *(url(p, server.pk) for p in ("change", "delete", "secret"))):
        response = staff.get(page)
        assert response.status_code == 200
        for inline in ("<style", 'style="', "<script>"):
            assert inline not in response.content.decode()
