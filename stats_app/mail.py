"""The e-mail that tells a project's managers of stats that an EZ post has created.

A stat that was created so has ``announced_at`` NULL: that mark is the queue. It is written in the
transaction that made the stat, so no crash loses it, and any process may send what is due. A
thread of its own sends, never a request; stats that come within a few seconds share one e-mail.
"""

import logging
import threading
import time
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import close_old_connections, connection, transaction
from django.template.loader import render_to_string
from django.utils.timezone import now

from stats_app.destroy_link import destroy_url
from stats_app.models import Stat
from telemetry.models import Membership, Project

logger = logging.getLogger(__name__)

GATHER_SECONDS = 2.0
RETRY_SECONDS = 60.0
# A server that could not send for days must not then tell of what everybody has long seen.
GIVE_UP_AFTER = timedelta(days=3)
MOST_IN_ONE = 50

_wake = threading.Event()
_starting = threading.Lock()
_thread: threading.Thread | None = None


def announce_soon() -> None:
    """Have the e-mails for new stats sent in a moment. Cheap; safe from any thread or loop."""
    global _thread  # noqa: PLW0603 - one sender per process
    if _thread is None or not _thread.is_alive():
        with _starting:
            if _thread is None or not _thread.is_alive():
                _thread = threading.Thread(target=_send_for_ever, name="stat-mail", daemon=True)
                _thread.start()
    _wake.set()


def announce_new_stats() -> int:
    """Send one e-mail per project that has new stats; returns how many were sent.

    Rows are locked while their e-mail is sent, and skipped by other processes. Raises what the
    mail backend raises; then nothing is marked and the next call tries again.
    """
    sent = 0
    for project in Project.objects.filter(stats__announced_at=None).distinct():
        with transaction.atomic():
            stats = list(
                Stat.objects.select_for_update(skip_locked=True)
                .filter(project=project, announced_at=None)
                .order_by("created_at", "id")
            )
            fresh = [stat for stat in stats if stat.created_at > now() - GIVE_UP_AFTER]
            sent += _send(project, fresh)
            Stat.objects.filter(id__in=[stat.id for stat in stats]).update(announced_at=now())
    return sent


def _send(project: Project, stats: Sequence[Stat]) -> int:
    receivers = list(
        Membership.objects.filter(
            project=project, role=Membership.Role.MANAGER, user__is_active=True
        )
        .exclude(user__email="")
        .values_list("user__email", flat=True)
    )
    if not receivers or not stats:
        return 0
    for receiver in receivers:  # one each: managers need not see each other's addresses
        _message(project, stats, receiver).send()
    return len(receivers)


def _message(project: Project, stats: Sequence[Stat], receiver: str) -> EmailMessage:
    base_url = settings.PUBLIC_URL or f"http://{settings.HOST}:{settings.PORT}"
    named = f"“{stats[0].name}”" if len(stats) == 1 else f"{len(stats)} stats"
    body = render_to_string(
        "stats_app/new_stats_mail.txt",
        {
            "project": project,
            "stats": [(stat, destroy_url(stat, base_url)) for stat in stats[:MOST_IN_ONE]],
            "more": max(0, len(stats) - MOST_IN_ONE),
            "base_url": base_url,
        },
    )
    subject = " ".join(f"[{project.name}] New: {named}".split())
    return EmailMessage(subject, body, to=[receiver])


def _send_for_ever() -> None:
    while True:
        _wake.wait()
        time.sleep(GATHER_SECONDS)
        _wake.clear()
        try:
            close_old_connections()
            announce_new_stats()
        except Exception:
            logger.exception("The e-mail about new stats could not be sent; it is tried again.")
            time.sleep(RETRY_SECONDS)
            _wake.set()
        finally:
            connection.close()

