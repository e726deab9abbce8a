"""An empty server gets what it needs, once, however many processes start it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.management import call_command
from django.db import connection

from telemetry.access import manager_addresses
from telemetry.models import AccessToken, Project, User
from telemetry.services import bootstrap, create_project


@pytest.mark.django_db
def test_an_empty_database_gets_an_open_default_project_and_an_administrator(client):
    made = bootstrap()
    project = Project.objects.get()
    assert made.project.project == project
    assert (project.name, project.slug, project.read_policy) == ("Default", "default", "open")
    assert project.is_default
    assert project.secret_key_hash
    admin = User.objects.get()
    assert admin.is_superuser
    assert client.login(username="admin", password=made.admin.password)


@pytest.mark.django_db
def test_the_command_prints_secrets_the_first_time_only(capsys):
    call_command("bootstrap")
    first = capsys.readouterr().out
    assert "secret_key" in first
    assert "password" in first
    assert Project.objects.get().ezkey in first
    call_command("bootstrap")
    assert capsys.readouterr().out == "Nothing was needed: there are projects and users.\n"
    assert (Project.objects.count(), User.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_only_what_is_missing_is_made():
    mine = create_project(name="Mine").project
    made = bootstrap()
    assert (made.project, made.admin.username) == (None, "admin")
    assert Project.objects.get() == mine
    assert bootstrap() is None
    Project.objects.all().delete()
    made = bootstrap()
    assert (made.project.project.slug, made.admin) == ("default", None)


@pytest.mark.django_db(transaction=True)
def test_processes_that_start_together_make_one_of_each():
    together = Barrier(4)

    def start(_):
        try:
            connection.ensure_connection()
            together.wait(10)
            return bootstrap()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(start, range(4)))
    assert sum(each is not None for each in made) == 1
    assert (Project.objects.count(), User.objects.count()) == (1, 1)
    assert AccessToken.objects.count() == 2


@pytest.mark.django_db
def test_the_administrator_manages_the_default_project_and_has_the_address_that_was_set(settings):
    settings.ADMIN_EMAIL = "ada@example.org"
    call_command("bootstrap")
    admin = User.objects.get()
    assert admin.email == "ada@example.org"
    assert manager_addresses(Project.objects.get()) == ["ada@example.org"]


@pytest.mark.django_db
def test_an_administrator_who_comes_later_manages_the_default_project_that_is_there():
    mine = create_project(name="Mine", default=True).project
    bootstrap(admin_email="ada@example.org")
    assert manager_addresses(mine) == ["ada@example.org"]
