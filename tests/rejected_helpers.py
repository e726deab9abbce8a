"""What the tests of the log of rejected input share: rows as they are stored."""

from datetime import timedelta

from django.utils.timezone import now

from telemetry.ids import new_id
from telemetry.models import RejectedInput


def new_row(project, *, ago=timedelta(), **fields):
    at = now() - ago
    usual = {
        "dialect": "stathat",
        "status": 400,
        "path": "POST /ez",
        "reason": "count must be a number",
        "what": "ezkey=abcd…&stat=a&count=x",
    }
    row = RejectedInput(id=new_id(at.timestamp()), project=project, at=at, **{**usual, **fields})
    row.save(force_insert=True)
    return row


def rows(project, count, **fields):
    """So many, a second after each other; the newest is the last."""
    return [
        new_row(project, ago=timedelta(seconds=count - n), reason=f"reason {n}", **fields)
        for n in range(count)
    ]
