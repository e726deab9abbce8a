"""Projects, members and tokens in the admin: keys can be copied and rotated, secrets show once."""

import re

import pytest
from django.urls import reverse

from stats_app.models import RESOLUTIONS, Stat
from telemetry.access import find_token
from telemetry.keys import hash_secret
from telemetry.models import AccessToken, Membership, Project, User
from telemetry.services import create_project, create_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_user("staff", is_staff=True))
    return client


@pytest.fixture
def lab():
    return create_project(name="Lab").project


def url(model, page="changelist", *args):
    return reverse(f"admin:telemetry_{model}_{page}", args=args)


def fields_of(page):
    """What a form on `page` would send if nothing in it was changed."""
    form = page.context["adminform"].form
    sent = {}
    for bound in form:
        sent[bound.html_name] = bound.value() or ""
        if bound.field.show_hidden_initial:
            sent[bound.html_initial_name] = bound.value()
    for inline in page.context["inline_admin_formsets"]:
        sent |= {
            f"{inline.formset.prefix}-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")
        }
    return sent


def shown_secrets(page):
    return re.findall(r"<code>(.+?)</code>", page.content.decode())


def test_the_lists_are_for_staff_and_take_few_queries(staff, lab, django_assert_num_queries):
    Membership.objects.create(project=lab, user=User.objects.create_user("m"), role="viewer")
    for model in ("project", "membership", "accesstoken"):
        with django_assert_num_queries(6):  # session, user and Django's permissions, count, rows
            assert staff.get(url(model)).status_code == 200
    assert staff.get(url("user")).status_code == 403  # or they could make themselves superusers


def test_members_who_are_not_staff_stay_outside(client, lab):
    user = User.objects.create_user("m")
    Membership.objects.create(project=lab, user=user, role="manager")
    client.force_login(user)
    for path in (url("project"), url("project", "rotate", lab.pk, "ezkey")):
        assert client.post(path).status_code == 302


def test_a_project_shows_its_keys(staff, lab):
    page = staff.get(url("project", "change", lab.pk)).content.decode()
    for key in (lab.app_key, lab.ezkey, lab.ukey):
        assert f'value="{key}"' in page
    assert "set; nobody can read it again" in page
    assert lab.secret_key_hash not in page


@pytest.mark.parametrize("key", ["app_key", "ezkey", "ukey", "secret_key"])
def test_a_key_is_rotated_after_a_question_and_shown(staff, lab, key):
    path = url("project", "rotate", lab.pk, key)
    assert path in staff.get(url("project", "change", lab.pk)).content.decode()
    before = Project.objects.values().get()
    assert "Replace the" in staff.get(path).content.decode()
    assert Project.objects.values().get() == before
    page = staff.post(path, follow=True)
    (fresh,) = shown_secrets(page)
    after = Project.objects.get()
    stored = after.secret_key_hash if key == "secret_key" else getattr(after, key)
    assert stored == (hash_secret(fresh) if key == "secret_key" else fresh)
    assert stored not in before.values()
    assert not shown_secrets(staff.get(url("project", "change", lab.pk)))


@pytest.mark.parametrize("key", ["name", "is_default", "secret_key_hash"])
def test_only_keys_can_be_rotated(staff, lab, key):
    assert staff.post(url("project", "rotate", lab.pk, key)).status_code == 404
    assert staff.post(url("project", "rotate", 0, "ezkey")).status_code == 404


def test_a_key_that_was_rotated_meanwhile_does_not_come_back(staff, lab):
    sent = fields_of(staff.get(url("project", "change", lab.pk)))
    staff.post(url("project", "rotate", lab.pk, "ezkey"))
    fresh = Project.objects.get().ezkey
    response = staff.post(url("project", "change", lab.pk), sent | {"name": "New name"})
    assert response.status_code == 302
    assert (Project.objects.get().name, Project.objects.get().ezkey) == ("New name", fresh)


def test_an_ez_key_may_be_an_address(staff, lab):
    page = staff.get(url("project", "change", lab.pk))
    staff.post(url("project", "change", lab.pk), fields_of(page) | {"ezkey": "john@example.com"})
    assert Project.objects.get().ezkey == "john@example.com"


def test_a_new_project_is_made_whole_and_its_secrets_are_shown_once(staff):
    sent = {"name": "New Lab", "slug": "", "timezone": "Europe/Berlin", "read_policy": "token"}
    secret_key, read, manage = shown_secrets(
        staff.post(url("project", "add"), sent | {"_continue": "1"}, follow=True)
    )
    project = Project.objects.get()
    assert (project.slug, project.timezone) == ("new-lab", "Europe/Berlin")
    assert project.secret_key_hash == hash_secret(secret_key)
    assert (find_token(read).scopes, find_token(manage).scopes) == (["read"], ["manage"])


@pytest.mark.parametrize(
    "change", [{"name": " "}, {"name": "a\tb\x01"}, {"slug": "lab"}, {"timezone": "Mars"}]
)
def test_a_project_that_cannot_be_is_refused_in_the_form(staff, lab, change):
    sent = {"name": "New", "slug": "", "timezone": "UTC", "read_policy": "token"} | change
    response = staff.post(url("project", "add"), sent)
    assert response.status_code == 200
    assert response.context["errors"]
    assert Project.objects.count() == 1


def test_one_project_is_made_the_default(staff, lab):
    create_project(name="Old", default=True)
    action = {"action": "make_default", "_selected_action": [lab.pk]}
    assert staff.post(url("project"), action).status_code == 302
    assert Project.objects.get(is_default=True) == lab


def test_a_project_is_deleted_with_all_that_is_stored(
    staff, lab, django_assert_max_num_queries, django_capture_on_commit_callbacks
):
    stat = Stat.objects.create(project=lab, name="hits", kind=0)
    for table in RESOLUTIONS:
        table.objects.create(
            project=lab, stat=stat, start="2026-03-01T00:00Z",
            count=1, sum=1, min=1, max=1, sum_squares=1,
        )  # fmt: skip
    assert "Lab" in staff.get(url("project", "delete", lab.pk)).content.decode()
    with django_assert_max_num_queries(60), django_capture_on_commit_callbacks(execute=True):
        staff.post(url("project", "delete", lab.pk), {"post": "yes"})
    for model in (Project, AccessToken, Stat, *RESOLUTIONS):
        assert not model.objects.exists()


def test_a_token_is_shown_once_after_it_was_made(staff, lab):
    sent = {"project": lab.pk, "name": "Grafana", "scopes": ["read", "write"]}
    sent |= {"expires_at_0": "2999-01-01", "expires_at_1": "00:00"}
    (secret,) = shown_secrets(staff.post(url("accesstoken", "add"), sent, follow=True))
    token = find_token(secret)
    assert (token.project, token.name, token.scopes) == (lab, "Grafana", ["read", "write"])
    page = staff.get(url("accesstoken", "change", token.pk)).content.decode()
    assert token.hint in page
    assert secret not in page
    assert token.token_hash not in page


@pytest.mark.parametrize(
    "change", [{"scopes": []}, {"scopes": ["fly"]}, {"name": ""}, {"expires_at_0": "2001-01-01"}]
)
def test_a_token_that_makes_no_sense_is_refused_in_the_form(staff, lab, change):
    sent = {"project": lab.pk, "name": "x", "scopes": ["read"], "expires_at_1": "00:00"}
    response = staff.post(url("accesstoken", "add"), sent | {"expires_at_0": "2999-01-01"} | change)
    assert (response.status_code, bool(response.context["errors"])) == (200, True)


def test_only_the_name_and_end_of_a_token_can_be_changed(staff, lab):
    token, secret = create_token(project=lab, name="old", scopes=["read"])
    other = create_project(name="Other").project
    staff.post(
        url("accesstoken", "change", token.pk),
        {"name": "new", "scopes": ["manage"], "project": other.pk, "hint": "hack",
         "expires_at_0": "", "expires_at_1": ""},
    )  # fmt: skip
    after = find_token(secret)
    assert (after.name, after.scopes, after.project, after.hint) == (
        "new", ["read"], lab, token.hint,
    )  # fmt: skip
