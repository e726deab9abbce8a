"""``GET /api/v1/rejected/``: the log of rejected input for programs."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from tests.api_helpers import new_project, signed_in, with_token
from tests.rejected_helpers import new_row, rows

pytestmark = pytest.mark.django_db

URL = "/api/v1/rejected/"


@pytest.fixture
def project():
    return new_project("weather")


def reasons(response):
    assert response.status_code == 200, response.content
    return [row["reason"] for row in response.json()["results"]]


def test_a_row_has_all_that_is_kept(project):
    row = new_row(project, more=3)
    (found,) = with_token(project).get(URL).json()["results"]
    assert found == {
        "id": str(row.pk),
        "at": row.at.isoformat().replace("+00:00", "Z"),
        "dialect": "stathat",
        "status": 400,
        "path": "POST /ez",
        "reason": "count must be a number",
        "what": "ezkey=abcd…&stat=a&count=x",
        "more": 3,
    }


def test_pages_follow_each_other_newest_first(project, django_assert_num_queries):
    rows(project, 5)
    client, seen, url = with_token(project), [], f"{URL}?page_size=2"
    while url:
        with django_assert_num_queries(2):  # token, rows
            response = client.get(url)
        seen += reasons(response)
        url = response.json()["next"]
    assert seen == [f"reason {n}" for n in (4, 3, 2, 1, 0)]


def test_it_can_be_narrowed_to_a_dialect_and_a_time(project):
    new_row(project, dialect="tstats", reason="game", ago=timedelta(hours=2))
    row = new_row(project, reason="stat")
    client = with_token(project)
    assert reasons(client.get(URL, {"dialect": "tstats"})) == ["game"]
    assert reasons(client.get(URL, {"since": row.at.isoformat()})) == ["stat"]
    assert reasons(client.get(URL, {"until": row.at.isoformat()})) == ["game"]
    hour = (row.at - timedelta(hours=1)).timestamp()
    assert reasons(client.get(URL, {"until": hour})) == ["game"]


@pytest.mark.parametrize("query", ["dialect=x", "since=x", "until=x", "cursor=x", "page_size=0"])
def test_what_cannot_be_understood_is_told(project, query):
    assert with_token(project).get(f"{URL}?{query}").status_code == 400


def test_it_is_for_tokens_that_read_and_for_members_of_the_project_only(project):
    new_row(project)
    other = new_project("other")
    assert reasons(with_token(other).get(URL)) == []
    assert with_token(project, "write").get(URL).status_code == 403
    assert APIClient().get(URL).status_code == 401
    assert len(reasons(signed_in("vera", (project, "viewer")).get(URL))) == 1
    assert signed_in("olga", (other, "viewer")).get(f"{URL}?project=weather").status_code == 404


def test_it_is_read_only(project):
    row = new_row(project)
    client = with_token(project, "manage")
    assert client.post(URL, {}).status_code == 405
    assert client.delete(f"{URL}{row.pk}/").status_code == 404
