"""/api/v1/stats/<id>/ and POST to the list: make, look at, change and delete a stat."""

import json

import pytest

from stats_app.models import RESOLUTIONS, Stat
from tests.api_helpers import STATS, new_project, new_stat, signed_in, with_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab():
    return new_project("lab")


@pytest.fixture
def manager(lab):
    return with_token(lab, "manage")


def url(stat):
    return f"{STATS}{stat.pk}/"


def test_a_stat_is_made(lab, manager, django_assert_num_queries):
    with django_assert_num_queries(4):  # token; savepoint, insert, release
        response = manager.post(STATS, {"name": " load ", "kind": "value", "unit": "ms"})
    assert response.status_code == 201, response.content
    stat = Stat.objects.get()
    assert (stat.project, stat.name, stat.kind, stat.unit) == (lab, "load", Stat.Kind.VALUE, "ms")
    assert response.json()["id"] == stat.pk
    assert response.json()["key"] == stat.key
    assert response.json()["last_received_at"] is None


def test_a_form_makes_a_stat_too(lab, manager):
    body = {"name": "hits", "kind": "counter", "public": "true"}
    assert manager.post(STATS, body, format="multipart").status_code == 201
    assert Stat.objects.get().public


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"name": None}, "name", "may not be null"),
        ({"name": "  "}, "name", "may not be blank"),
        ({"name": "x" * 256}, "name", "255 characters"),
        ({"name": "a~b"}, "name", "cannot have “~”"),
        ({"name": "a\nb"}, "name", "control characters"),
        ({"name": "a\0b"}, "name", "Null characters"),
        ({"name": "a\ud800b"}, "name", "Surrogate characters"),
        ({"name": ["a"]}, "name", "valid string"),
        ({"name": "taken"}, "name", "There is a stat “taken” already."),
        ({"kind": None}, "kind", "may not be null"),
        ({"kind": 0}, "kind", "“counter” or a “value”"),
        ({"kind": []}, "kind", "“counter” or a “value”"),
        ({"kind": "timer"}, "kind", "“counter” or a “value”"),
        ({"unit": "x" * 33}, "unit", "32 characters"),
        ({"unit": "a\tb"}, "unit", "control characters"),
        ({"public": "perhaps"}, "public", "valid boolean"),
    ],
)
def test_a_stat_that_cannot_be_is_refused_by_field(lab, manager, change, field, message):
    new_stat(lab, "taken")
    body = json.dumps({"name": "hits", "kind": "counter"} | change)
    response = manager.post(STATS, body, content_type="application/json")
    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert message in response.json()[field][0]
    assert Stat.objects.count() == 1


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"x"', '{"name": "a", "kind"'])
def test_a_body_that_is_no_object_is_refused(manager, body):
    response = manager.post(STATS, body, content_type="application/json")
    assert response.status_code == 400


def test_names_may_be_in_any_script(manager):
    for name in ("日本語\u3000統計", "👩\u200d🔬", "ws0: load average", "x" * 255):
        response = manager.post(STATS, {"name": name, "kind": "counter"})
        assert (response.status_code, response.json()["name"]) == (201, name)


def test_other_projects_may_have_a_stat_of_the_same_name(manager):
    new_stat(new_project("other"), "hits")
    assert manager.post(STATS, {"name": "hits", "kind": "value"}).status_code == 201


def test_a_stat_is_renamed_and_keeps_all_else(lab, manager, django_assert_num_queries):
    stat = new_stat(lab, "old", unit="ms")
    with django_assert_num_queries(5):  # token, stat; savepoint, update, release
        response = manager.patch(url(stat), {"name": "new"})
    assert (response.status_code, response.json()["name"]) == (200, "new")
    after = Stat.objects.get()
    assert (after.name, after.unit, after.key, after.kind) == ("new", "ms", stat.key, stat.kind)


def test_a_stat_is_replaced_as_a_whole(lab, manager):
    stat = new_stat(lab, "old", unit="ms", public=True)
    assert manager.put(url(stat), {"name": "new"}).json() == {"kind": ["This field is required."]}
    assert manager.put(url(stat), {"name": "new", "kind": "counter"}).status_code == 200
    stat.refresh_from_db()
    assert (stat.name, stat.unit, stat.public) == ("new", "", False)


def test_a_change_that_cannot_be_is_refused_by_field(lab, manager):
    stat, _ = new_stat(lab, "hits"), new_stat(lab, "taken")
    for change, field in [
        ({"kind": "value"}, "kind"),
        ({"name": "taken"}, "name"),
        ({"name": "~"}, "name"),
        ({"unit": "x" * 33}, "unit"),
    ]:
        response = manager.patch(url(stat), change)
        assert (response.status_code, list(response.json())) == (400, [field])
    assert "cannot be changed" in manager.patch(url(stat), {"kind": "value"}).json()["kind"][0]
    stat.refresh_from_db()
    assert (stat.name, stat.kind, stat.unit) == ("hits", Stat.Kind.COUNTER, "")
    assert manager.patch(url(stat), {"kind": "counter", "name": "hits"}).status_code == 200


def test_a_stat_is_deleted_with_all_it_received(lab, manager, django_capture_on_commit_callbacks):
    stat, kept = new_stat(lab, "hits"), new_stat(lab, "kept")
    for each in (stat, kept):
        for table in RESOLUTIONS:
            table.objects.create(
                project=lab, stat=each, start="2026-03-01T00:00Z",
                count=1, sum=1, min=1, max=1, sum_squares=1,
            )  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        assert manager.delete(url(stat)).status_code == 204
    assert manager.get(url(stat)).status_code == 404
    for table in RESOLUTIONS:
        assert table.objects.get().stat_id == kept.pk


@pytest.mark.parametrize("stat_id", ["0", "x", "9" * 30, "-1", "1.5"])
def test_there_is_no_such_stat(lab, manager, stat_id):
    for response in (
        manager.get(f"{STATS}{stat_id}/"),
        manager.patch(f"{STATS}{stat_id}/", {"name": "x"}),
        manager.delete(f"{STATS}{stat_id}/"),
    ):
        assert response.status_code == 404


def test_browsers_must_show_that_they_mean_it(lab):
    member = signed_in("m", (lab, "manager"))
    response = member.post(STATS, {"name": "hits", "kind": "counter"})
    assert response.status_code == 403
    assert "CSRF" in response.json()["detail"]


def test_json_that_is_nested_too_deeply_is_refused(manager):
    response = manager.post(STATS, '{"a":' * 100_000, content_type="application/json")
    assert response.status_code == 400
    assert response.json() == {"detail": "The JSON is nested too deeply."}


def test_a_body_over_the_limit_is_refused(manager, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = json.dumps({"name": "x" * 1000, "kind": "counter"})
    response = manager.post(STATS, body, content_type="application/json")
    assert (response.status_code, response.json()) == (413, {"detail": "The body is too large."})


def test_the_slash_at_the_end_may_be_left_out(manager):
    stat = {"name": "hits", "kind": "counter"}
    assert manager.post(STATS.rstrip("/"), stat, format="json").status_code == 201
    path = url(Stat.objects.get()).rstrip("/")
    assert manager.get(path).json()["name"] == "hits"
    assert manager.get(f"{path}/series").status_code == 200
    assert manager.delete(path).status_code == 204
