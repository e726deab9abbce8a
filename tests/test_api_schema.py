"""The API describes itself, completely, to anybody and from our own files."""

import pytest
from django.core.management import call_command

from tests.api_helpers import STATS


def test_the_schema_is_valid_and_complete(tmp_path):
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml")
    )
    text = (tmp_path / "schema.yml").read_text()
    for word in (STATS, f"{STATS}{{id}}/series/", "text/csv", "scheme: bearer", "exact_name"):
        assert word in text


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
