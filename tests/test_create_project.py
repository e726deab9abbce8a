"""Projects are made whole: every key, two tokens, a free slug; and keys can be rotated."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from telemetry.access import find_token, manager_addresses
from telemetry.keys import hash_secret
from telemetry.models import Project, User
from telemetry.services import create_project, rotate_key

pytestmark = pytest.mark.django_db


def output_of(capsys, *command):
    call_command(*command)
    return capsys.readouterr().out


def test_the_command_prints_one_json_object_with_every_key(capsys):
    out = output_of(capsys, "create_project", "My Lab", "--json")
    assert out.count("\n") == 1
    facts = json.loads(out)
    assert list(facts) == [
        "id", "slug", "app_key", "ezkey", "ukey", "secret_key", "read_token", "manage_token",
    ]  # fmt: skip
    project = Project.objects.get(pk=facts["id"])
    assert (project.name, project.slug, project.is_default) == ("My Lab", "my-lab", False)
    assert project.read_policy == "token"
    assert [facts["app_key"], facts["ezkey"], facts["ukey"]] == [
        project.app_key, project.ezkey, project.ukey,
    ]  # fmt: skip
    assert project.secret_key_hash == hash_secret(facts["secret_key"])
    read, manage = find_token(facts["read_token"]), find_token(facts["manage_token"])
    assert read.project == manage.project == project
    assert (read.scopes, manage.scopes) == (["read"], ["manage"])


def test_the_command_prints_readable_lines(capsys):
    out = output_of(capsys, "create_project", "Lab", "--open")
    assert f"ezkey         {Project.objects.get().ezkey}\n" in out
    assert Project.objects.get().read_policy == "open"


def test_a_new_default_project_takes_the_flag_from_the_old(capsys):
    for name in ("First", "Second"):
        call_command("create_project", name, "--default")
    assert [project.name for project in Project.objects.filter(is_default=True)] == ["Second"]


def test_a_project_has_the_time_zone_and_the_country_that_it_is_given():
    call_command("create_project", "Lab", "--timezone", "Europe/Istanbul", "--country", "tr")
    project = Project.objects.get()
    assert (project.timezone, project.country) == ("Europe/Istanbul", "TR")


@pytest.mark.parametrize("wrong", [("--timezone", "Mars"), ("--country", "Türkiye")])
def test_a_zone_or_country_that_cannot_be_makes_no_project(wrong):
    with pytest.raises(CommandError):
        call_command("create_project", "Lab", *wrong)
    assert not Project.objects.exists()


def test_slugs_are_made_from_names_and_never_taken_twice():
    names = ["Lab", "lab", "LAB!", "日本", "x" * 90, "x" * 90]
    slugs = [create_project(name=name[:100]).project.slug for name in names]
    assert slugs == ["lab", "lab-2", "lab-3", "project", "x" * 60, "x" * 50 + "-2"]


def test_a_slug_can_be_chosen(capsys):
    call_command("create_project", "Lab", "--slug", "here")
    assert Project.objects.get().slug == "here"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["  "], "A name is needed"),
        (["a\0b"], "control characters"),
        (["a\udcffb"], "control characters"),
        (["x" * 101], "at most 100 characters"),
        (["Lab", "--slug", "no slug"], "Enter a valid"),
        (["Lab", "--slug", ""], "cannot be blank"),
        (["Lab", "--slug", "taken"], "already exists"),
        (["Lab", "--timezone", "Mars/Olympus"], "is not a time zone"),
    ],
)
def test_bad_input_is_refused_in_words_and_makes_nothing(arguments, message):
    create_project(name="First", slug="taken", default=True)
    with pytest.raises(CommandError, match=message):
        call_command("create_project", *arguments, "--default")
    assert Project.objects.get().is_default


@pytest.mark.parametrize("key", ["app_key", "ezkey", "ukey"])
def test_a_rotated_key_is_another_one(key, capsys):
    project = create_project(name="Lab").project
    before = getattr(project, key)
    fresh = output_of(capsys, "rotate_key", "lab", key).strip()
    project.refresh_from_db()
    assert getattr(project, key) == fresh != before


def test_a_rotated_secret_key_is_shown_once_and_kept_hashed():
    new = create_project(name="Lab")
    fresh = rotate_key(project=new.project, key="secret_key")
    assert fresh != new.secret_key
    assert Project.objects.get().secret_key_hash == hash_secret(fresh)
    assert new.project.secret_key_hash == hash_secret(fresh)


def test_keys_of_other_projects_stay():
    project, other = create_project(name="Lab").project, create_project(name="Other").project
    rotate_key(project=project, key="ezkey")
    assert Project.objects.get(pk=other.pk).ezkey == other.ezkey


def test_there_is_nothing_to_rotate_in_an_unknown_project_or_key():
    with pytest.raises(CommandError, match="There is no project “nowhere”"):
        call_command("rotate_key", "nowhere", "ezkey")
    project = create_project(name="Lab").project
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("rotate_key", "lab", "password")
    with pytest.raises(ValidationError, match="There is no key “name”"):
        rotate_key(project=project, key="name")
    project.delete()
    project.pk = 1
    with pytest.raises(ValidationError, match="gone"):
        rotate_key(project=project, key="ezkey")


def test_a_project_can_be_given_managers(capsys):
    for name in ("ada", "bob"):
        User.objects.create_user(name, f"{name}@example.org")
    command = ["create_project", "Lab", "--json", "--manager", "bob", "--manager", "ada"]
    output_of(capsys, *command, "--manager", "ada")
    assert manager_addresses(Project.objects.get()) == ["ada@example.org", "bob@example.org"]


def test_a_manager_must_exist_else_nothing_is_made():
    with pytest.raises(CommandError, match="no user “nobody”"):
        call_command("create_project", "Lab", "--manager", "nobody")
    assert not Project.objects.exists()
