"""Who asks the native REST API in tests."""

from rest_framework.test import APIClient

from stats_app.models import Stat
from telemetry.models import Membership, Project, User
from telemetry.services import create_token

STATS = "/api/v1/stats/"
DEVICES = "/api/v1/devices/"


def new_project(slug, **fields):
    return Project.objects.create(name=slug.title(), slug=slug, **fields)


def new_stat(project, name, kind=Stat.Kind.COUNTER, **fields):
    return Stat.objects.create(project=project, name=name, kind=kind, **fields)


def bearer(secret):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def with_token(project, *scopes):
    """A client with an access token of `project`; all server errors are raised."""
    return bearer(create_token(project=project, name="test", scopes=scopes or ["read"])[1])


def signed_in(username, *memberships, **fields):
    """A client of a member of (project, role) pairs, which checks CSRF as browsers need it."""
    user = User.objects.create_user(username, **fields)
    for project, role in memberships:
        Membership.objects.create(user=user, project=project, role=role)
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user)
    return client
