"""Adding, renaming and deleting devices, new tokens, and the status page's switch."""

import pytest

from devices_app.models import Beat, Device, Fleet
from tests.api_helpers import new_project
from tests.device_helpers import beat, register
from tests.page_helpers import check_html, manager, viewer, visitor

pytestmark = pytest.mark.django_db

BOARD = "/projects/home/devices/"
PATHS = ["new/", "status-page/", "0/token/", "0/edit/", "0/delete/"]


@pytest.fixture
def project():
    return new_project("home")


@pytest.fixture
def laptop(project):
    return register(project)


@pytest.fixture
def client(project):
    return manager(project)


def unchanged(laptop):
    laptop.refresh_from_db()
    beat(laptop)
    assert laptop.name == "Laptop"
    assert Device.objects.count() == 1
    assert not Fleet.objects.get().status_page
    return True


def problem_in(response):
    assert response.status_code == 200
    return check_html(response).split('class="errorlist"')[1].split("</ul>")[0]


def test_a_new_device_s_token_is_shown_once_and_works_at_once(project, client):
    response = client.post(f"{BOARD}new/", {"name": " Phone <1> "})
    text = check_html(response)
    device = Device.objects.get()
    device.token = response.context["token"]
    assert device.name == "Phone <1>"
    assert "Phone &lt;1&gt; is registered" in text
    assert f">{device.token}</pre>" in text
    assert "shown only this once" in text
    assert "no-store" in response.headers["Cache-Control"]
    assert all(device.token in each.command for each in response.context["snippets"])
    beat(device)
    for path in ("", "0/", "0/token/", "0/edit/"):
        assert device.token not in check_html(client.get(BOARD + path))


def test_the_command_line_with_the_token_has_the_public_address(client, settings):
    settings.PUBLIC_URL = "https://t.example.org"
    response = client.post(f"{BOARD}new/", {"name": "Phone"})
    commands = [snippet.command for snippet in response.context["snippets"]]
    assert all("https://t.example.org/api/beat" in command for command in commands)
    assert "testserver" not in check_html(response)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("", "required"), ("  ", "required"), ("x" * 256, "255"), ("a\0b", "Null characters")],
)
def test_a_name_that_cannot_be_shows_the_form_again(client, name, problem):
    response = client.post(f"{BOARD}new/", {"name": name})
    assert problem in problem_in(response)
    assert 'action="/projects/home/devices/new/"' in response.content.decode()
    assert not Device.objects.exists()


def test_a_device_is_not_added_by_a_get(client):
    assert client.get(f"{BOARD}new/").status_code == 405
    assert not Device.objects.exists()


def test_a_new_token_is_asked_for_first(laptop, client):
    response = client.get(f"{BOARD}0/token/")
    assert "A new token for Laptop?" in check_html(response)
    assert client.head(f"{BOARD}0/token/").status_code == 200
    assert unchanged(laptop)


def test_a_new_token_replaces_the_old_one(laptop, client):
    beat(laptop)
    response = client.post(f"{BOARD}0/token/")
    text = check_html(response)
    old, laptop.token = laptop.token, response.context["token"]
    assert old != laptop.token
    assert old not in text
    assert f">{laptop.token}</pre>" in text
    assert "The old one is refused already." in text
    assert "no-store" in response.headers["Cache-Control"]
    beat(laptop)
    laptop.token = old
    beat(laptop, status=401)
    assert Device.objects.get().num_beats == 2


def test_a_device_is_renamed(laptop, client):
    assert 'value="Laptop"' in check_html(client.get(f"{BOARD}0/edit/"))
    response = client.post(f"{BOARD}0/edit/", {"name": "<i>Büro</i>"}, follow=True)
    assert response.redirect_chain == [(f"{BOARD}0/", 302)]
    text = check_html(response)
    assert "Saved." in text
    assert "<h1>&lt;i&gt;Büro&lt;/i&gt;</h1>" in text
    beat(laptop)


@pytest.mark.parametrize(("name", "problem"), [("", "required"), ("y" * 256, "255")])
def test_a_device_is_not_renamed_to_what_cannot_be_a_name(laptop, client, name, problem):
    response = client.post(f"{BOARD}0/edit/", {"name": name})
    assert problem in problem_in(response)
    assert "<h1>Rename Laptop</h1>" in response.content.decode()
    assert unchanged(laptop)


def test_two_devices_may_have_one_name(project, laptop, client):
    phone = register(project, "Phone")
    client.post(f"{BOARD}{phone.number}/edit/", {"name": "Laptop"})
    assert list(Device.objects.values_list("name", flat=True)) == ["Laptop", "Laptop"]


def test_a_device_is_deleted_after_being_asked(
    project, laptop, client, django_capture_on_commit_callbacks
):
    beat(laptop)
    text = check_html(client.get(f"{BOARD}0/delete/"))
    assert "Delete Laptop?" in text
    assert "the device and its 1 beat;" in text
    assert Device.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(f"{BOARD}0/delete/", follow=True)
    assert response.redirect_chain == [(BOARD, 302)]
    text = check_html(response)
    assert "“Laptop” and all its beats were deleted." in text
    assert '<dd data-fact="total_beats">1</dd>' in text
    assert not Device.objects.exists()
    assert not Beat.objects.exists()
    beat(laptop, status=401)
    assert register(project).number == 1


def test_the_status_page_is_switched_on_and_off(project, client):
    assert visitor().get("/projects/home/status/").status_code == 404
    response = client.post(f"{BOARD}status-page/", {"shown": "1"}, follow=True)
    assert response.redirect_chain == [(BOARD, 302)]
    text = check_html(response)
    assert "Everybody may see the status page now." in text
    assert 'src="/badge/last-seen?project=home"' in text
    assert "http://testserver/badge/last-seen?project=home" in text
    assert visitor().get("/projects/home/status/").status_code == 200
    response = client.post(f"{BOARD}status-page/", {"shown": "0"}, follow=True)
    assert "The status page is off." in check_html(response)
    assert visitor().get("/projects/home/status/").status_code == 404
    assert client.get(f"{BOARD}status-page/").status_code == 405


@pytest.mark.parametrize("path", PATHS)
def test_viewers_are_told_that_they_may_not(project, laptop, path):
    client = viewer(project)
    response = client.post(BOARD + path, {"name": "x", "shown": "1"})
    assert response.status_code == 403
    assert "Only managers" in check_html(response)
    assert client.get(BOARD + path).status_code in {403, 405}
    assert unchanged(laptop)


@pytest.mark.parametrize("path", PATHS)
def test_strangers_find_nothing_and_visitors_sign_in_first(laptop, path):
    stranger = manager(new_project("other"))
    data = {"name": "x", "shown": "1"}
    assert stranger.post(BOARD + path, data).status_code == 404
    assert visitor().post(BOARD + path, data).url == f"/accounts/login/?next={BOARD}{path}"
    if path.startswith("0"):
        assert stranger.post(f"/projects/other/devices/{path}", data).status_code == 404
    assert unchanged(laptop)


@pytest.mark.parametrize("path", PATHS)
def test_forms_need_their_token(laptop, client, path):
    client.handler.enforce_csrf_checks = True
    assert client.post(BOARD + path, {"name": "x", "shown": "1"}).status_code == 403
    assert unchanged(laptop)


@pytest.mark.parametrize("path", ["7/token/", "7/edit/", "7/delete/"])
def test_a_device_that_is_not_there_is_a_404(laptop, client, path):
    assert client.get(BOARD + path).status_code == 404
    assert client.post(BOARD + path, {"name": "x"}).status_code == 404
    assert unchanged(laptop)
