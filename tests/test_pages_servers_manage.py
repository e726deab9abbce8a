"""Adding, renaming and deleting Minecraft servers, and new secrets for their agents."""

import pytest

from sessions_app.models import AgentToken, LogLine, Player, Server, Session
from sessions_app.services.servers import new_agent_tokens, server_of_agent
from tests.api_helpers import new_project
from tests.minecraft_helpers import login, new_server, send
from tests.page_helpers import check_html, manager, viewer, visitor

pytestmark = pytest.mark.django_db

URL = "/projects/p/servers/"
PATHS = ["new/", "1/edit/", "1/secret/", "1/delete/"]


@pytest.fixture
def project():
    return new_project("p", timezone="Europe/Berlin")


@pytest.fixture
def server(project):
    Server.objects.filter(pk=new_server("p").pk).update(id=1)
    return Server.objects.get()


@pytest.fixture
def client(project):
    return manager(project)


def problem_in(response):
    assert response.status_code == 200
    return check_html(response).split('class="errorlist"')[1].split("</ul>")[0]


def unchanged(server):
    assert Server.objects.count() == 1
    old = {name: getattr(server, name) for name in ("name", "key", "agent_secret_hash")}
    server.refresh_from_db()
    return old == {name: getattr(server, name) for name in old}


def test_a_new_server_s_keys_are_shown_and_its_secret_only_once(project, client):
    response = client.post(f"{URL}new/", {"name": " Creative <1> "})
    text = check_html(response)
    server, secret = Server.objects.get(), response.context["secret"]
    assert server.name == "Creative <1>"
    assert server_of_agent(client_id=server.agent_client_id, client_secret=secret) == server
    assert "Creative &lt;1&gt; is added" in text
    for shown in (server.key, server.agent_client_id, secret):
        assert f">{shown}</pre>" in text
    assert "shown only this once" in text
    assert "no-store" in response.headers["Cache-Control"]
    for path in ("", f"{server.pk}/", f"{server.pk}/secret/", f"{server.pk}/edit/"):
        assert secret not in check_html(client.get(URL + path))


def test_the_lines_to_copy_have_the_public_address_and_the_credentials(project, client, settings):
    settings.PUBLIC_URL = "https://t.example.org"
    response = client.post(f"{URL}new/", {"name": "Survival"})
    server, secret = Server.objects.get(), response.context["secret"]
    agent, follow, whole = (snippet.command for snippet in response.context["snippets"])
    assert f"--coal_host=t.example.org --agent_client_id={server.agent_client_id}" in agent
    assert f"--agent_secret={secret} --mc_timezone=Europe/Berlin" in agent
    assert f"--server {server.key} --url https://t.example.org" in follow
    assert f"TELEMETRY_CLIENT_ID={server.agent_client_id}" in follow
    assert f"TELEMETRY_CLIENT_SECRET={secret}" in follow
    assert f"https://t.example.org/api/v1/agents/loglines?server_key={server.key}" in whole
    assert "testserver" not in check_html(response)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("", "required"), ("  ", "required"), ("x" * 256, "255"), ("a\0b", "Null characters")],
)
def test_a_name_that_cannot_be_shows_the_form_again(client, server, name, problem):
    assert problem in problem_in(client.post(f"{URL}new/", {"name": name}))
    response = client.post(f"{URL}1/edit/", {"name": name})
    assert problem in problem_in(response)
    assert "<h1>Rename Survival</h1>" in response.content.decode()
    assert unchanged(server)


def test_a_server_is_not_added_by_a_get(client):
    assert client.get(f"{URL}new/").status_code == 405
    assert not Server.objects.exists()


def test_a_server_is_renamed_and_keeps_its_key(server, client):
    assert 'value="Survival"' in check_html(client.get(f"{URL}1/edit/"))
    response = client.post(f"{URL}1/edit/", {"name": "<i>Büro</i>"}, follow=True)
    assert response.redirect_chain == [(f"{URL}1/", 302)]
    text = check_html(response)
    assert "Saved." in text
    assert "<h1>&lt;i&gt;Büro&lt;/i&gt;</h1>" in text
    assert server.key in text


def test_a_new_secret_is_asked_for_first(server, client):
    assert "A new agent secret for Survival?" in check_html(client.get(f"{URL}1/secret/"))
    assert client.head(f"{URL}1/secret/").status_code == 200
    assert unchanged(server)


def test_a_new_secret_replaces_the_old_one_and_its_tokens(server, client):
    new_agent_tokens(server=server)
    response = client.post(f"{URL}1/secret/")
    text = check_html(response)
    secret, old = response.context["secret"], server.agent_secret_hash
    assert f">{secret}</pre>" in text
    assert "The old one is refused already." in text
    assert "no-store" in response.headers["Cache-Control"]
    assert server_of_agent(client_id=server.agent_client_id, client_secret=secret) == server
    server.refresh_from_db()
    assert server.agent_secret_hash != old
    assert not AgentToken.objects.exists()
    assert secret not in check_html(client.get(f"{URL}1/"))


def test_a_server_is_deleted_with_all_after_being_asked(
    server, client, django_capture_on_commit_callbacks
):
    send(server, login(0))
    assert "Delete Survival?" in check_html(client.get(f"{URL}1/delete/"))
    assert Session.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(f"{URL}1/delete/", follow=True)
    assert response.redirect_chain == [(URL, 302)]
    assert "“Survival” and all that its log told were deleted." in check_html(response)
    for model in (Server, Session, Player, LogLine):
        assert not model.objects.exists()
    assert client.get(f"{URL}1/").status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_viewers_are_told_that_they_may_not(project, server, path):
    client = viewer(project)
    response = client.post(URL + path, {"name": "x"})
    assert response.status_code == 403
    assert "Only managers" in check_html(response)
    assert client.get(URL + path).status_code in {403, 405}
    assert path not in check_html(client.get(f"{URL}1/"))
    assert unchanged(server)


@pytest.mark.parametrize("path", PATHS)
def test_strangers_find_nothing_and_visitors_sign_in_first(server, path):
    stranger = manager(new_project("other"))
    assert stranger.post(URL + path, {"name": "x"}).status_code == 404
    assert visitor().post(URL + path, {"name": "x"}).url == f"/accounts/login/?next={URL}{path}"
    if path.startswith("1"):
        assert stranger.post(f"/projects/other/servers/{path}", {"name": "x"}).status_code == 404
    assert unchanged(server)


@pytest.mark.parametrize("path", PATHS)
def test_forms_need_their_token(server, client, path):
    client.handler.enforce_csrf_checks = True
    assert client.post(URL + path, {"name": "x"}).status_code == 403
    assert unchanged(server)


@pytest.mark.parametrize("path", ["7/edit/", "7/secret/", "7/delete/"])
def test_a_server_that_is_not_there_is_a_404(server, client, path):
    assert client.get(URL + path).status_code == 404
    assert client.post(URL + path, {"name": "x"}).status_code == 404
    assert unchanged(server)
