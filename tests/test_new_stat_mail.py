"""The e-mail about stats that EZ posts made, and the link in it."""

import re
from datetime import timedelta
from email.utils import parseaddr

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.utils.timezone import now

from stats_app.mail import MOST_IN_ONE, announce_new_stats
from stats_app.models import MinuteBucket, Stat
from telemetry.models import Membership, User
from tests.stathat_helpers import batch, ez, get, new_project

LINK = re.compile(r"http://\S+(/projects/\S+/destroy/\S+)")


class RefusesSome(EmailBackend):
    """Takes no e-mail to addresses at example.net, and none at all without a server to go to."""

    broken = False

    def send_messages(self, messages):
        if self.broken or any(to.endswith("@example.net") for m in messages for to in m.to):
            raise ConnectionRefusedError("no mail server")
        return super().send_messages(messages)


@pytest.fixture
def project(db, monkeypatch):
    return new_project()


@pytest.fixture(autouse=True)
def manager(project):
    return member(project, "max", "manager")


@pytest.fixture
def refusing(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.RefusesSome"
    return lambda broken: monkeypatch.setattr(RefusesSome, "broken", broken)


def member(project, name, role, email=None, **fields):
    email = f"{name}@example.org" if email is None else email
    user = User.objects.create_user(name, email, **fields)
    return Membership.objects.create(project=project, user=user, role=role)


def receivers():
    return sorted(parseaddr(to)[1] for message in mail.outbox for to in message.recipients())


def test_a_new_stat_is_announced_once_with_its_name_and_kind():
    ez(stat="größe & <b>", value=1)
    assert announce_new_stats() == 1
    (message,) = mail.outbox
    assert message.subject == "[P] New: “größe & <b>”"
    assert "größe & <b> (value)" in message.body
    ez(stat="größe & <b>", value=1)
    assert announce_new_stats() == 0


def test_stats_that_came_together_share_an_email():
    batch({"stat": "a~x,y", "count": 1}, {"stat": "b", "value": 1})
    ez(stat="c", count=1)
    assert announce_new_stats() == 1
    (message,) = mail.outbox
    assert message.subject == "[P] New: 4 stats"
    assert len(LINK.findall(message.body)) == 4


def test_a_flood_of_stats_is_one_email_of_bounded_size():
    batch(*({"stat": f"s {n}", "count": 1} for n in range(300)))
    assert announce_new_stats() == 1
    (message,) = mail.outbox
    assert len(LINK.findall(message.body)) == MOST_IN_ONE
    assert "and 250 more" in message.body


def test_each_manager_who_can_be_reached_gets_one_and_nobody_else(project, monkeypatch):
    member(project, "mia", "manager")
    member(project, "vera", "viewer")
    member(project, "left", "manager", is_active=False)
    member(project, "mute", "manager", email="")
    other = new_project("other", ezkey="other", ukey="other")
    member(other, "olga", "manager")
    ez(stat="a", count=1)
    assert announce_new_stats() == 2
    assert receivers() == ["max@example.org", "mia@example.org"]
    assert all(len(message.recipients()) == 1 for message in mail.outbox)


def test_each_project_has_an_email_of_its_own():
    other = new_project("other", ezkey="other", ukey="other")
    member(other, "olga", "manager")
    ez(stat="a", count=1)
    get("/ez", ezkey="other", stat="b", count=1)
    assert announce_new_stats() == 2
    assert {message.to[0]: message.subject for message in mail.outbox} == {
        "max@example.org": "[P] New: “a”",
        "olga@example.org": "[Other] New: “b”",
    }


def test_with_nobody_to_tell_the_log_says_so_and_nothing_is_left_to_send(project, caplog):
    Membership.objects.all().delete()
    ez(stat="a", count=1)
    with caplog.at_level("INFO", "stats_app.mail"):
        assert announce_new_stats() == 0
    assert "none of its managers has an e-mail address" in caplog.text
    member(project, "late", "manager")
    assert announce_new_stats() == 0


def test_stats_made_by_hand_and_stats_of_long_ago_are_not_announced(project):
    Stat.objects.create(project=project, name="by hand", kind=Stat.Kind.COUNTER)
    ez(stat="old", count=1)
    Stat.objects.filter(name="old").update(created_at=now() - timedelta(days=4))
    assert announce_new_stats() == 0
    assert not Stat.objects.filter(announced_at=None).exists()


def test_a_mail_server_that_is_away_is_tried_again_later(refusing):
    ez(stat="a", count=1)
    refusing(True)
    for _ in range(2):
        with pytest.raises(ExceptionGroup):
            announce_new_stats()
    refusing(False)
    assert announce_new_stats() == 1
    assert announce_new_stats() == 0


def test_one_refused_address_does_not_have_the_others_told_again_and_again(project, refusing):
    member(project, "aaron", "manager", email="aaron@example.net")
    ez(stat="a", count=1)
    assert announce_new_stats() == 1
    assert announce_new_stats() == 0
    assert receivers() == ["max@example.org"]


def test_a_project_that_cannot_be_told_does_not_keep_others_from_it(monkeypatch, refusing):
    other = new_project("a-other", ezkey="other", ukey="other")
    member(other, "olga", "manager", email="olga@example.net")
    ez(stat="a", count=1)
    get("/ez", ezkey="other", stat="b", count=1)
    with pytest.raises(ExceptionGroup):
        announce_new_stats()
    assert receivers() == ["max@example.org"]
    assert list(Stat.objects.filter(announced_at=None).values_list("name", flat=True)) == ["b"]


def test_the_link_shows_the_stat_and_only_its_button_destroys_it(
    django_capture_on_commit_callbacks,
):
    batch({"stat": "a typo", "count": 3}, {"stat": "fine", "count": 1})
    announce_new_stats()
    link = LINK.search(mail.outbox[0].body)[1]
    scanner = Client()
    for method in ("get", "head", "get"):
        page = getattr(scanner, method)(link)
        assert page.status_code == 200
    assert "a typo" in page.text
    assert Stat.objects.count() == 2
    assert Client(enforce_csrf_checks=True).post(link).status_code == 403
    with django_capture_on_commit_callbacks(execute=True):
        assert Client().post(link).status_code == 200
    assert list(Stat.objects.values_list("name", flat=True)) == ["fine"]
    assert MinuteBucket.objects.count() == 1
    assert Client().post(link).status_code == 410


def test_a_link_that_was_tampered_with_destroys_nothing():
    ez(stat="a", count=1)
    announce_new_stats()
    link = LINK.search(mail.outbox[0].body)[1]
    for other in (
        link.replace("/p/", "/q/"),
        link[:-3] + "x/",
        link.replace("destroy/", "destroy/x"),
    ):
        assert Client().post(other).status_code in {404, 410}
    assert Stat.objects.exists()
