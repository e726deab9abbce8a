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
from smtplib import SMTPException

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.template.loader import render_to_string
from django.utils.timezone import now

from stats_app.destroy_link import destroy_url
from stats_app.models import Stat
from telemetry.access import manager_addresses
from telemetry.addresses import own_url
from telemetry.door.lifespan import at_start
from telemetry.models import Project

logger = logging.getLogger(__name__)

GATHER_SECONDS = 2.0
RETRY_SECONDS = 60.0
# A server that could not send for days must not then tell of what everybody has long seen.
GIVE_UP_AFTER = timedelta(days=3)
MOST_IN_ONE = 50
# Of the advisory lock; any number that nothing else here locks.
_ANNOUNCING = 7_302_113_377

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
    """Send one e-mail per project and manager about new stats; returns how many were sent.

    Raises what went wrong when none of a project's managers could be reached, in a group; their
    stats are not marked, and the next call tries again. Other projects' e-mails are sent before.
    """
    sent = 0
    failures: list[Exception] = []
    waiting = Stat.objects.filter(announced_at=None)
    for project in Project.objects.filter(id__in=waiting.values("project_id")):
        try:
            sent += _announce(project)
        except Exception as error:  # noqa: BLE001 - raised below, after the others' turn
            failures.append(error)
    if failures:
        raise ExceptionGroup("no manager could be told of new stats", failures)
    return sent


def _announce(project: Project) -> int:
    """Tell this project's managers; one process at a time does, others wait and find it done.

    The stats' own rows are not locked, however slow the mail server is: points for them are
    arriving, and would wait for it.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ANNOUNCING])
        stats = list(
            Stat.objects.filter(project=project, announced_at=None).order_by("created_at", "id")
        )
        fresh = [stat for stat in stats if stat.created_at > now() - GIVE_UP_AFTER]
        sent = _send(project, fresh)
        Stat.objects.filter(id__in=[stat.id for stat in stats]).update(announced_at=now())
    return sent


def _send(project: Project, stats: Sequence[Stat]) -> int:
    """Send it to each manager. Raises only if nobody got it.

    An address that is refused must not have all the others get the same e-mail every minute.
    """
    receivers = manager_addresses(project)
    if not stats:
        return 0
    if not receivers:
        logger.info(
            "No e-mail about %d new stats in “%s”: none of its managers has an e-mail address.",
            len(stats),
            project,
        )
        return 0
    failures: list[Exception] = []
    with get_connection() as backend:
        for receiver in receivers:  # one each: managers need not see each other's addresses
            try:
                _message(project, stats, receiver, backend).send()
            except (OSError, SMTPException) as error:
                logger.warning("The e-mail about new stats to %s failed: %s", receiver, error)
                failures.append(error)
    if len(failures) == len(receivers):
        raise failures[0]
    return len(receivers) - len(failures)


def _message(
    project: Project, stats: Sequence[Stat], receiver: str, backend: BaseEmailBackend
) -> EmailMessage:
    base_url = own_url()
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
    return EmailMessage(subject, body, to=[receiver], connection=backend)


def _send_for_ever() -> None:
    while True:
        _wake.wait()
        time.sleep(GATHER_SECONDS)
        _wake.clear()
        try:
            close_old_connections()
            announce_new_stats()
        except Exception as error:
            failed = error.exceptions if isinstance(error, ExceptionGroup) else [error]
            usual = all(
                isinstance(each, OSError | SMTPException | DatabaseError) for each in failed
            )
            logger.error(
                "The e-mail about new stats could not be sent, and is tried again: %s",
                "; ".join(" ".join(str(each).split()) for each in failed),
                exc_info=None if usual else error,
            )
            time.sleep(RETRY_SECONDS)
            _wake.set()
        finally:
            connection.close()


# For what a process that died has left.
at_start(announce_soon)
