"""``/o/apps``, ``/i/apps`` and ``/o/users``: managing apps as Countly's tools do."""

import json
from urllib.parse import urlencode

import pytest

from telemetry.models import Project
from tests.countly_helpers import make_project
from tests.countly_reads import app_id, ask, key_of, member, token_of
from tests.wire_helpers import through_urls

pytestmark = pytest.mark.django_db

UNKNOWN_ID = "123456789012345678901234"
NO_ADMIN = {"result": "User is not a global administrator"}
NO_RIGHTS = {"result": "User does not have admin rights for this app"}
NOT_ENOUGH = {"result": "Not enough args"}


@pytest.fixture
def admin():
    return key_of(member("admin", is_staff=True))


@pytest.fixture
def project():
    return make_project(read_policy="token", country="TR", category="6")


def do(verb, key, args=None):
    reply = ask(f"/i/apps/{verb}", api_key=key, args=None if args is None else json.dumps(args))
    return reply.status, reply.json


def document(project):
    return {
        "_id": app_id(project),
        "name": project.name,
        "key": project.app_key,
        "timezone": project.timezone,
        "country": project.country,
        "category": project.category,
    }


# Reading


def test_my_apps_are_those_that_i_manage_and_those_that_i_read(project, admin):
    other = make_project()
    user = member("m", (project, "viewer"), (other, "manager"))
    mine, others = {app_id(project): document(project)}, {app_id(other): document(other)}
    found = ask("/o/apps/mine", api_key=key_of(user)).json
    assert found == {"admin_of": others, "user_of": {**mine, **others}}
    every = {"admin_of": {**mine, **others}, "user_of": {**mine, **others}}
    assert ask("/o/apps/mine", api_key=admin).json == every
    assert ask("/o/apps/all", api_key=admin).json == every
    reply = ask("/o/apps/all", api_key=key_of(user))
    assert (reply.status, reply.json) == (401, NO_ADMIN)
    assert ask("/o/apps/mine", api_key=key_of(member("x"))).json == {"admin_of": {}, "user_of": {}}


def test_a_tokens_app_is_its_project(project):
    mine = {app_id(project): document(project)}
    found = ask("/o/apps/mine", api_key=token_of(project)).json
    assert found == {"admin_of": {}, "user_of": mine}
    found = ask("/o/apps/mine", api_key=token_of(project, "manage")).json
    assert found == {"admin_of": mine, "user_of": mine}
    found = ask("/o/apps/mine", api_key=token_of(project, "write")).json
    assert found == {"admin_of": {}, "user_of": {}}


def test_who_i_am(project):
    user = member("ada", (project, "viewer"), first_name="Ada", last_name="Lovelace")
    key = key_of(user)
    assert ask("/o/users/me", api_key=key).json == {
        "_id": f"{user.pk:024x}",
        "full_name": "Ada Lovelace",
        "username": "ada",
        "email": "ada@example.org",
        "global_admin": False,
        "admin_of": [],
        "user_of": [app_id(project)],
        "api_key": key,
    }
    assert ask("/o/users/me", api_key=token_of(project)).status == 401


def test_administrators_see_who_there_is(project, admin, django_assert_num_queries):
    user = member("zoe", (project, "manager"))
    with django_assert_num_queries(3):
        found = list(ask("/o/users/all", api_key=admin).json.values())
    assert [(each["username"], each["global_admin"]) for each in found] == [
        *(("admin", True), ("zoe", False)),
    ]
    assert found[0]["api_key"] == admin
    assert found[1] == {
        "_id": f"{user.pk:024x}",
        "full_name": "zoe",
        "username": "zoe",
        "email": "zoe@example.org",
        "global_admin": False,
        "admin_of": [app_id(project)],
        "user_of": [app_id(project)],
        "is_current_user": False,
    }
    reply = ask("/o/users/all", api_key=key_of(user))
    assert (reply.status, reply.json) == (401, NO_ADMIN)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/o/apps", "/all or /mine"),
        ("/o/users", "/all or /me"),
        ("/i/apps", "/create, /update, /delete or /reset"),
    ],
)
def test_what_is_wrong_is_told_in_order(path, words):
    for tail in ("", "/", "/x", "/all/x", "/create/x"):
        reply = ask(f"{path}{tail}")
        assert (reply.status, reply.json) == (400, {"result": 'Missing parameter "api_key"'})
        reply = ask(f"{path}{tail}", api_key="unknown")
        expected = {"result": f"Invalid path, must be one of {words}"}
        assert (reply.status, reply.json) == (400, expected)
    known = f"{path}{'/create' if path == '/i/apps' else '/all'}"
    reply = ask(known, api_key="unknown")
    assert (reply.status, reply.json) == (401, {"result": "User does not exist"})


# Changing


def test_an_administrator_creates_an_app(admin):
    args = {"name": "Test", "timezone": "Europe/Istanbul", "country": "TR", "category": "6"}
    status, made = do("create", admin, args)
    project = Project.objects.get()
    assert (status, made) == (200, document(project))
    assert {name: made[name] for name in args} == args
    assert project.read_policy == "token"
    status, made = do("create", admin, {"name": "Test"})
    assert status == 200
    assert (made["timezone"], made["country"], made["category"]) == ("UTC", "", "")


@pytest.mark.parametrize("verb", ["create", "update"])
def test_what_is_no_time_zone_or_country_is_refused_by_its_name(project, admin, verb):
    for wrong in ({"timezone": "No/Where"}, {"country": "Germany"}):
        args = {"name": "x", "app_id": app_id(project), **wrong}
        status, told = do(verb, admin, args)
        assert status == 400
        assert told["result"].startswith(f"{next(iter(wrong))}: ")
    assert Project.objects.get().name == "app"


@pytest.mark.parametrize(
    "args", [None, {}, [], "x", 1, {"name": ""}, {"name": 5}, {"country": "TR"}]
)
def test_an_app_needs_a_name(admin, args):
    assert do("create", admin, args) == (400, NOT_ENOUGH)
    assert not Project.objects.exists()


def test_args_that_are_no_json_are_none(admin):
    for args in ("{", "", "[" * 5000):
        reply = ask("/i/apps/create", api_key=admin, args=args)
        assert (reply.status, reply.json) == (400, NOT_ENOUGH)


def test_only_administrators_create_and_delete(project):
    manager = key_of(member("m", (project, "manager")))
    for key in (manager, token_of(project, "manage")):
        for verb in ("create", "delete"):
            for args in (None, {"name": "x", "app_id": app_id(project)}):
                assert do(verb, key, args) == (401, NO_ADMIN)
    assert Project.objects.count() == 1


def test_a_manager_updates_an_app(project, admin):
    manager = key_of(member("m", (project, "manager")))
    named = {"app_id": app_id(project)}
    for key in (manager, token_of(project, "manage"), admin):
        changes = {"name": f"by {key[-4:]}", "category": "7", "country": "DE"}
        status, changed = do("update", key, {**named, **changes})
        assert status == 200
        assert changed["name"] == changes["name"]
        project.refresh_from_db()
        assert {name: getattr(project, name) for name in changes} == changes
    assert do("update", admin, {**named, "name": project.name}) == (200, NOTHING_CHANGED)
    assert do("update", admin, named) == (200, NOTHING_CHANGED)
    args = {**named, "timezone": "Asia/Tokyo"}
    assert do("update", admin, args) == (200, {"timezone": "Asia/Tokyo"})


NOTHING_CHANGED = {"result": "Nothing changed"}


def test_an_app_gets_another_key(project, admin):
    named = {"app_id": app_id(project)}
    assert do("update", admin, {**named, "key": "another"}) == (200, {"key": "another"})
    project.refresh_from_db()
    assert project.app_key == "another"
    other = make_project()
    args = {"app_id": app_id(other), "key": "another"}
    assert do("update", admin, args) == (400, {"result": "App key already in use"})
    for wrong in ("", "a b", "x" * 65, "a\0"):
        status, _ = do("update", admin, {**named, "key": wrong})
        assert status == 400
    project.refresh_from_db()
    assert project.app_key == "another"


@pytest.mark.parametrize("name", ["", " ", "a\nb\x01", "x" * 101])
def test_a_name_that_is_none_changes_nothing(project, admin, name):
    status, _ = do("update", admin, {"app_id": app_id(project), "name": name})
    assert status == 400
    project.refresh_from_db()
    assert project.name == "app"


@pytest.mark.parametrize("verb", ["update", "reset"])
def test_others_change_nothing(project, admin, verb):
    args = {"app_id": app_id(project), "name": "x"}
    other = make_project()
    viewer = key_of(member("v", (project, "viewer"), (other, "manager")))
    for key in (viewer, token_of(project), token_of(other, "manage")):
        assert do(verb, key, args) == (401, NO_RIGHTS)
        assert do(verb, key, {**args, "app_id": UNKNOWN_ID}) == (401, NO_RIGHTS)
    assert do(verb, admin, {"app_id": UNKNOWN_ID}) == (404, {"result": "App not found"})
    for wrong in (None, {}, {"app_id": "short"}, {"app_id": 5}, {"app_id": ["x"] * 24}):
        assert do(verb, viewer, wrong) == (400, NOT_ENOUGH)


def test_an_administrator_deletes_an_app(project, admin):
    other = make_project()
    for wrong in (None, {}, {"app_id": "short"}):
        assert do("delete", admin, wrong) == (400, NOT_ENOUGH)
    assert do("delete", admin, {"app_id": UNKNOWN_ID}) == (404, {"result": "App not found"})
    assert do("delete", admin, {"app_id": app_id(project)}) == (200, {"result": "Success"})
    assert [*Project.objects.all()] == [other]


def test_args_may_be_posted(admin):
    kinds = {
        "application/x-www-form-urlencoded": urlencode({"api_key": admin, "args": '{"name": "a"}'}),
        "application/json": json.dumps({"api_key": admin, "args": {"name": "b"}}),
    }
    for kind, body in kinds.items():
        reply = through_urls("POST", "/i/apps/create", body.encode(), {"content-type": kind})
        assert reply.status == 200
    assert {project.name for project in Project.objects.all()} == {"a", "b"}


def test_a_callback_hears_of_it(admin):
    reply = ask("/i/apps/create", api_key=admin, args='{"name": "a"}', callback="f")
    assert reply.body.startswith(b'f({"')
