"""The API describes itself, completely, to anybody and from our own files."""

import pytest
from django.core.management import call_command

from tests.api_helpers import DEVICES, STATS


def test_the_schema_is_valid_and_complete(tmp_path):
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml")
    )
    text = (tmp_path / "schema.yml").read_text()
    for word in (STATS, f"{STATS}{{id}}/series/", "text/csv", "scheme: bearer", "exact_name"):
        assert word in text
    for more in ("", "{id}/", "{id}/token/", "{id}/beats/", "{id}/absences/", "{id}/hours/"):
        assert f"{DEVICES}{more}:\n" in text


@pytest.mark.django_db
def test_the_schema_and_its_page_are_for_everybody(client):
    assert client.get("/api/schema/").status_code == 200
    page = client.get("/api/docs/")
    assert page.status_code == 200
    # A strict Content-Security-Policy is in force: no inline script, no outside host.
    html = page.content.decode()
    assert "http://" not in html.replace("http://testserver", "")
    assert "https://" not in html
    assert "<script>" not in html


@pytest.mark.django_db
@pytest.mark.parametrize("version", ["%00", "a%0d%0aX-Evil:1", "☃", "7"])
def test_what_a_visitor_calls_the_version_goes_into_no_header(client, version):
    response = client.get(f"/api/schema/?version={version}")
    assert response.status_code == 200
    assert response["Content-Disposition"] == 'inline; filename="Telemetry API.yaml"'
