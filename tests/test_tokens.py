"""Access tokens: made once, kept hashed, found by their secret until they expire."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from telemetry.access import find_token
from telemetry.models import AccessToken, Project
from telemetry.services import create_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return Project.objects.create(name="Lab", slug="lab")


def test_a_token_is_found_by_its_secret_and_nothing_else(project, django_assert_num_queries):
    token, secret = create_token(project=project, name="Grafana", scopes=["read"])
    with django_assert_num_queries(1):
        assert find_token(secret).project == project
    for other in (
        secret[:-1],
        secret + "x",
        secret.upper(),
        token.token_hash,
        token.hint,
        "",
        "\0",
    ):
        assert find_token(other) is None


def test_the_secret_is_not_kept(project):
    token, secret = create_token(project=project, name="Grafana", scopes=["read", "write"])
    stored = AccessToken.objects.filter(pk=token.pk).values_list().get()
    assert secret not in map(str, stored)
    assert token.hint == secret[-4:]
    assert secret.startswith("tlm_write_")


def test_a_token_is_refused_once_it_has_expired_or_is_deleted(project):
    soon = now() + timedelta(hours=1)
    token, secret = create_token(project=project, name="short", scopes=["read"], expires_at=soon)
    assert find_token(secret) == token
    AccessToken.objects.update(expires_at=now())
    assert find_token(secret) is None
    _, secret = create_token(project=project, name="gone", scopes=["read"])
    AccessToken.objects.all().delete()
    assert find_token(secret) is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"scopes": []}, "needs a scope"),
        ({"scopes": ["read", "fly"]}, "no scope “fly”"),
        ({"name": " "}, "name is needed"),
        ({"name": "x" * 101}, "at most 100"),
        ({"expires_at": now() - timedelta(seconds=1)}, "has passed"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(project, fields, message):
    with pytest.raises(ValidationError, match=message):
        create_token(**{"project": project, "name": "x", "scopes": ["read"]} | fields)
    assert not AccessToken.objects.exists()


def test_the_command_prints_the_token_and_nothing_else(project, capsys):
    call_command(
        "create_token", "lab", "Grafana", "--scope", "write", "--scope", "read",
        "--expires", "2999-01-31T12:00Z",
    )  # fmt: skip
    token = find_token(capsys.readouterr().out.removesuffix("\n"))
    assert (token.name, token.scopes, token.expires_at.year) == ("Grafana", ["read", "write"], 2999)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "x", "--scope", "read"], "There is no project “nowhere”"),
        (["lab", "x"], "required: --scope"),
        (["lab", "x", "--scope", "fly"], "invalid choice"),
        (["lab", " ", "--scope", "read"], "name is needed"),
        (["lab", "x", "--scope", "read", "--expires", "soon"], "give a time with its zone"),
        (["lab", "x", "--scope", "read", "--expires", "2999-02-31T12:00Z"], "--expires"),
        (["lab", "x", "--scope", "read", "--expires", "2001-01-01T12:00Z"], "has passed"),
    ],
)
def test_the_command_refuses_bad_input_in_words(project, arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("create_token", *arguments)
