"""``manage.py check --deploy`` warns of projects that strangers may read."""

import pytest
from django.core.checks import run_checks

from telemetry.services import create_project


@pytest.mark.django_db
def test_every_open_project_is_named_and_no_other() -> None:
    create_project(name="Shop window", open=True)
    create_project(name="Vault")
    found = [m for m in run_checks(include_deployment_checks=True) if m.id == "telemetry.W001"]
    assert len(found) == 1
    assert "Shop window" in found[0].msg
    assert not [m for m in run_checks() if m.id == "telemetry.W001"]
