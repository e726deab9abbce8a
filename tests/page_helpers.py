"""What the tests of HTML pages share: who opens them, and what every page must keep to."""

import re
from datetime import timedelta
from html.parser import HTMLParser

from django.test import Client
from django.utils.timezone import now

from telemetry.models import Membership, User


def visitor(username=None, project=None, role=Membership.Role.VIEWER, **fields):
    """A browser; with a name it is signed in, with a project it is that user's."""
    client = Client()
    if username:
        user = User.objects.create_user(username, **fields)
        if project:
            Membership.objects.create(user=user, project=project, role=role)
        client.force_login(user)
    return client


def viewer(project):
    return visitor("vera", project)


def manager(project):
    return visitor("max", project, Membership.Role.MANAGER)


def send(stat, *amounts, ago=timedelta()):
    """Points for an existing stat, sent as its clients send them."""
    kind, field = ("c", "count") if stat.is_counter else ("v", "value")
    for amount in amounts:
        data = {"key": stat.key, "ukey": stat.project.ukey, field: amount}
        if ago:
            data["t"] = int((now() - ago).timestamp())
        response = Client().get(f"/{kind}", data)
        assert response.status_code == 200, response.content


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.problems, self.tags = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        for name, value in attrs:
            if name == "style" or name.startswith("on"):
                self.problems.append(f"<{tag} {name}=…>")
            if name in {"href", "src", "action"} and re.match(
                r"\s*(javascript:|//|https?:)", value
            ):
                self.problems.append(f"<{tag} {name}={value}>")
        data = dict(attrs).get("type") == "application/json"
        if tag == "style" or (tag == "script" and "src" not in dict(attrs) and not data):
            self.problems.append(f"inline <{tag}>")


def check_html(response):
    """A strict policy is set, the page keeps to it, and it fits a phone. Returns its text."""
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    text = response.content.decode()
    page = _Page()
    page.feed(text)
    assert page.problems == []
    viewport = {"name": "viewport", "content": "width=device-width, initial-scale=1"}
    assert ("meta", viewport) in page.tags
    assert [tag for tag, _ in page.tags].count("h1") == 1
    identifiers = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(identifiers) == len(set(identifiers))
    return text
