"""What counts as a visit, and of which project."""

import json
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from django.db.models import Sum
from django.test import Client

from devices_app.models import Tally
from devices_app.services import set_status_page
from stats_app import destroy_link
from telemetry.models import Project
from tests.api_helpers import new_project, new_stat
from tests.device_helpers import register
from tests.page_helpers import manager, visitor
from tests.websocket_helpers import register as register_on

pytestmark = pytest.mark.django_db

ITS_PAGES = ["", "stats/", "stats/1/", "stats/1/edit/", "stats/1/delete/", "status/"] + [
    f"devices/{page}" for page in ("", "0/", "0/?range=30d", "0/edit/", "0/token/", "0/delete/")
]
BADGES = ["/badge/last-seen?project=home", "/badge/total-beats?project=home&device=0"]


@pytest.fixture
def site():
    """The default project."""
    return new_project("site", is_default=True, read_policy="open")


@pytest.fixture
def home(site):
    home = new_project("home", read_policy="open")
    set_status_page(project=home, shown=True)
    new_stat(home, "rain", pk=1)
    register(home)
    return home


@pytest.fixture
def client(home):
    return manager(home)


def visits():
    """By the slug of each project that was visited how often."""
    found = Tally.objects.values_list("project__slug").annotate(all=Sum("visits"))
    return {slug: count for slug, count in found if count}


@pytest.mark.parametrize("path", [*(f"/projects/home/{page}" for page in ITS_PAGES), *BADGES])
def test_a_page_or_badge_counts_once_for_its_project(client, path):
    assert client.get(path).status_code == 200
    assert visits() == {"home": 1}
    assert client.head(path).status_code == 200
    assert visits() == {"home": 2}


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/badge/last-seen"])
def test_what_is_about_no_project_counts_for_the_default_one(home, path):
    for method in ("get", "head"):
        assert getattr(visitor(), method)(path).status_code == 200
    assert visits() == {"site": 2}


def test_the_list_of_projects_counts_for_the_default_one(client):
    client.get("/")
    assert visits() == {"site": 1}


def test_the_page_of_an_e_mail_s_link_counts_for_the_stat_s_project(home):
    assert visitor().get(destroy_link.destroy_url(home.stats.get(), "")).status_code == 200
    assert visits() == {"home": 1}


@pytest.mark.parametrize(
    "path",
    [
        *("/api/stats?project=home", "/api/v1/stats/", "/api/v1/devices/", "/api/docs/"),
        *("/api/schema/", "/admin/", "/admin/devices_app/device/", "/healthz", "/metrics"),
        *("/favicon.ico", "/c?key=x", "/static/telemetry/telemetry.css", "/accounts/logout/"),
        *("/projects/home/stats/1/data", "/projects/home/nothing/", "/projects/nobody/"),
        *("/projects/nobody/status/", "/nothing", "/badge/last-seen?project=nobody"),
        "/projects/home",
    ],
)
def test_other_things_do_not_count(home, path):
    staff = visitor("root", is_staff=True, is_superuser=True)
    for client in (staff, visitor()):
        client.get(path)
        client.head(path)
    assert visits() == {}


@pytest.mark.parametrize("page", [page for page in ITS_PAGES if page != "status/"])
def test_pages_that_were_not_shown_do_not_count(home, page):
    assert visitor().get(f"/projects/home/{page}").status_code == 302
    assert visitor("stranger").get(f"/projects/home/{page}").status_code == 404
    assert visits() == {}


def test_a_page_for_managers_only_does_not_count_where_it_is_refused(home):
    assert visitor("v", home).get("/projects/home/devices/0/token/").status_code == 403
    assert visits() == {}


def test_what_is_posted_does_not_count(client):
    for path, data in [
        ("devices/new/", {"name": ""}),
        ("devices/new/", {"name": "Phone"}),
        ("devices/0/token/", {}),
        ("devices/0/edit/", {"name": ""}),
        ("devices/0/edit/", {"name": "x"}),
        ("status/", {}),
    ]:
        assert client.post(f"/projects/home/{path}", data).status_code in {200, 302, 405}
    assert Client().post("/accounts/login/", {"username": "x"}).status_code == 200
    assert visits() == {}


def test_without_a_default_project_pages_are_shown_all_the_same():
    assert visitor().get("/").status_code == 200
    assert visits() == {}


def test_the_visits_of_a_project_that_is_deleted_meanwhile_are_passed_over(home):
    Project.objects.filter(slug="site").delete()
    assert visitor().get("/").status_code == 200
    assert visits() == {}


def test_none_is_lost_or_counted_twice_under_load(server):
    keys = server.create_project("Visited", "--open")
    slug = keys["slug"]
    register_on(server, keys)
    server.query(
        "UPDATE devices_app_fleet SET status_page = true FROM telemetry_project p"
        " WHERE p.id = project_id AND slug = %s RETURNING 1",
        slug,
    )
    ask = {
        f"/projects/{slug}/status/": 200,
        f"/badge/last-seen?project={slug}": 200,
        f"/badge/total-beats?project={slug}&device=0": 200,
        f"/badge/total-beats?project={slug}&device=1": 404,
        f"/api/stats?project={slug}": 200,
    }

    def get(path):
        try:
            with urlopen(server.url + path, timeout=30) as reply:
                return path, reply.status
        except HTTPError as error:
            return path, error.code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(get, [*ask] * 80)) == set(ask.items())
    with urlopen(f"{server.url}/api/stats?project={slug}", timeout=10) as reply:
        assert json.load(reply)["num_visits"] == 3 * 80
