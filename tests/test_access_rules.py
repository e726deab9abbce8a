"""Who may do what in a project."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from telemetry.access import (
    may_manage,
    may_read,
    project_for_managing,
    project_for_reading,
    projects_of,
)
from telemetry.models import Membership, Project, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab():
    return Project.objects.create(name="Lab", slug="lab", read_policy="open")


@pytest.fixture
def other():
    return Project.objects.create(name="Other", slug="other")


def person(name, *memberships, **fields):
    user = User.objects.create_user(name, **fields)
    for project, role in memberships:
        Membership.objects.create(user=user, project=project, role=role)
    return user


def rights(user, project):
    return may_read(user, project), may_manage(user, project)


def test_viewers_read_and_managers_manage_their_own_projects_only(lab, other):
    viewer, manager = person("v", (lab, "viewer")), person("m", (lab, "manager"))
    assert rights(viewer, lab) == (True, False)
    assert rights(manager, lab) == (True, True)
    for user in (viewer, manager):
        assert rights(user, other) == (False, False)
        assert list(projects_of(user)) == [lab]


def test_staff_manage_everything(lab, other):
    for user in (person("s", is_staff=True), person("u", is_superuser=True)):
        assert rights(user, lab) == rights(user, other) == (True, True)
        assert list(projects_of(user)) == [lab, other]


def test_those_who_may_not_sign_in_may_nothing(lab):
    for user in (
        AnonymousUser(),
        person("former", (lab, "manager"), is_active=False),
        person("former staff", is_staff=True, is_superuser=True, is_active=False),
    ):
        assert rights(user, lab) == (False, False)
        assert not projects_of(user).exists()


def test_a_project_does_not_exist_for_strangers(lab, other, django_assert_num_queries):
    viewer = person("v", (lab, "viewer"))
    with django_assert_num_queries(1):
        assert project_for_reading(viewer, "lab") == lab
    for slug in ("other", "nowhere"):
        with pytest.raises(Http404):
            project_for_reading(viewer, slug)
        with pytest.raises(Http404):
            project_for_managing(viewer, slug)
    with pytest.raises(Http404):
        project_for_reading(AnonymousUser(), "lab")


def test_viewers_may_not_manage(lab):
    with pytest.raises(PermissionDenied):
        project_for_managing(person("v", (lab, "viewer")), "lab")
    assert project_for_managing(person("m", (lab, "manager")), "lab") == lab
