"""The badges: pictures for other people's pages."""

import re
from datetime import timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from devices_app.badges import badge
from devices_app.services import set_status_page
from telemetry.services import create_token
from tests.api_helpers import new_project
from tests.device_helpers import NOON, beat_at, register, set_clock
from tests.page_helpers import viewer, visitor

pytestmark = pytest.mark.django_db

LAST, TOTAL = "/badge/last-seen", "/badge/total-beats"
SVG = "{http://www.w3.org/2000/svg}"
AGO = timedelta(hours=2, minutes=5, seconds=1)


@pytest.fixture
def home():
    """The default project; anybody may read it."""
    return new_project("home", is_default=True, read_policy="open")


@pytest.fixture
def laptop(home):
    return register(home)


def said_by(response):
    """A badge's label and message; that it is a picture, and one that nobody keeps."""
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert response.headers["Cache-Control"] == "no-cache, max-age=0, must-revalidate"
    picture = ElementTree.fromstring(response.content)
    assert picture.tag == f"{SVG}svg"
    label, message = (text.text for text in picture.iter(f"{SVG}text"))
    assert picture.get("aria-label") == picture.findtext(f"{SVG}title") == f"{label}: {message}"
    assert picture.get("role") == "img"
    return label, message


def test_they_say_never_and_nothing_before_the_first_beat(home):
    assert said_by(visitor().get(LAST)) == ("Last Online", "never")
    assert said_by(visitor().get(TOTAL)) == ("Total Beats", "0")


def test_they_say_how_long_ago_and_how_many(laptop, monkeypatch):
    beat_at(monkeypatch, laptop, NOON, NOON)
    assert said_by(visitor().get(LAST)) == ("Last Online", "just now")
    set_clock(monkeypatch, NOON + AGO)
    assert said_by(visitor().get(LAST))[1] == "2 hours, 5 minutes, and a second ago"
    assert said_by(visitor().get(TOTAL)) == ("Total Beats", "2")


def test_numbers_have_commas(home, laptop):
    type(laptop).objects.update(num_beats=1_234_567)
    assert said_by(visitor().get(TOTAL, {"device": 0}))[1] == "1,234,567"


def test_one_may_be_of_a_device(home, laptop, monkeypatch):
    phone = register(home, "Phone")
    beat_at(monkeypatch, laptop, NOON)
    beat_at(monkeypatch, phone, NOON + AGO, NOON + AGO)
    assert said_by(visitor().get(LAST))[1] == "just now"
    assert said_by(visitor().get(LAST, {"device": 0}))[1] == "2 hours, 5 minutes, and a second ago"
    assert said_by(visitor().get(TOTAL, {"device": 0}))[1] == "1"
    assert said_by(visitor().get(TOTAL, {"device": phone.number}))[1] == "2"
    assert said_by(visitor().get(TOTAL))[1] == "3"


def test_one_may_be_of_another_project_than_the_default_one(laptop, monkeypatch):
    other = new_project("other", read_policy="open")
    beat_at(monkeypatch, laptop, NOON)
    assert said_by(visitor().get(TOTAL, {"project": "home"}))[1] == "1"
    assert said_by(visitor().get(TOTAL, {"project": "other"}))[1] == "0"
    assert visitor().get(TOTAL, {"project": "other", "device": 0}).status_code == 404
    register(other)
    assert said_by(visitor().get(TOTAL, {"project": "other", "device": 0}))[1] == "0"


@pytest.mark.parametrize("path", [LAST, TOTAL])
@pytest.mark.parametrize(
    "query",
    [
        *("device=1", "device=", "device=-1", "device=x", "device=%00", f"device={'9' * 20}"),
        *("project=nobody", "project=%00", "project=nobody&device=0"),
    ],
)
def test_of_what_is_not_there_there_is_none(laptop, path, query):
    assert visitor().get(f"{path}?{query}").status_code == 404


def test_without_a_default_project_there_is_none():
    assert visitor().get(LAST).status_code == 404


def test_what_the_original_s_users_append_is_passed_over(laptop):
    assert said_by(visitor().get(f"{LAST}?bypass-cache"))[1] == "never"


def test_a_closed_project_s_badges_are_for_its_members_and_tokens(home):
    closed = new_project("closed")
    register(closed)
    secret = create_token(project=closed, name="t", scopes=["read"])[1]
    for query in ({"project": "closed"}, {"project": "closed", "device": 0}):
        assert visitor().get(LAST, query).status_code == 404
        said_by(visitor().get(LAST, query, HTTP_AUTHORIZATION=f"Bearer {secret}"))
    assert viewer(home).get(LAST, {"project": "closed"}).status_code == 404
    said_by(visitor("member", closed).get(LAST, {"project": "closed", "device": 0}))


def test_a_status_page_shows_the_project_s_badges_and_no_device_s():
    closed = new_project("closed", is_default=True)
    register(closed)
    set_status_page(project=closed, shown=True)
    for query in ({}, {"project": "closed"}):
        said_by(visitor().get(LAST, query))
        said_by(visitor().get(TOTAL, query))
        assert visitor().get(LAST, query | {"device": 0}).status_code == 404
    set_status_page(project=closed, shown=False)
    assert visitor().get(LAST).status_code == 404


@pytest.mark.parametrize("path", [LAST, TOTAL])
def test_they_are_looked_at_and_never_posted_to(laptop, path):
    full, head = visitor().get(path), visitor().head(path)
    assert head.content == b""
    assert head.headers["Content-Type"] == full.headers["Content-Type"]
    assert head.headers["Cache-Control"] == full.headers["Cache-Control"]
    for method in ("post", "put", "delete"):
        assert getattr(visitor(), method)(path).status_code == 405


def test_texts_are_escaped():
    picture = ElementTree.fromstring(badge("<a&\"'>", "</text><script/>", "#000000"))
    assert [text.text for text in picture.iter(f"{SVG}text")] == ["<a&\"'>", "</text><script/>"]


@pytest.mark.parametrize("message", ["", "1", "just now", "W" * 40, "i" * 40, "größe 日本"])
def test_texts_keep_inside_their_backgrounds(message):
    picture = ElementTree.fromstring(badge("Last Online", message, "#000000"))
    _, *grounds = picture.iter(f"{SVG}rect")
    width = int(picture.get("width"))
    assert sum(int(ground.get("width")) for ground in grounds) == width
    borders = [0, int(grounds[0].get("width")), width]
    for (left, right), text in zip(pairwise(borders), picture.iter(f"{SVG}text"), strict=True):
        start = int(text.get("x"))
        assert left < start < start + int(text.get("textLength")) < right


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * part for w, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_every_text_can_be_read_on_its_background(laptop, monkeypatch):
    pictures = [visitor().get(LAST), visitor().get(TOTAL)]
    beat_at(monkeypatch, laptop, NOON)
    pictures += [visitor().get(LAST), visitor().get(TOTAL)]
    seen = set()
    for picture in pictures:
        (ink,) = re.findall(r'<g fill="(#\w+)" font', picture.content.decode())
        ink = "#" + "".join(2 * digit for digit in ink[1:]) if len(ink) == 4 else ink
        for ground in re.findall(r'<rect [^>]*fill="(#\w{6})"', picture.content.decode()):
            seen.add(ground)
            assert contrast(ink, ground) >= 4.5, (ink, ground)
    assert len(seen) == 4  # that of labels, never, a time, a number
