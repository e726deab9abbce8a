"""What is read of the log of rejected input. No project has more of it than is kept."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, QuerySet, Sum

from telemetry import clock
from telemetry.ids import first_id
from telemetry.models import Project, RejectedInput
from telemetry.rejected.writes import MOST_KEPT

__all__ = ["RejectedFacts", "RejectedPage", "rejected_facts", "rejected_of", "rejected_page"]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RejectedFacts:
    """How much was rejected in the last 24 hours, and the last of all.

    `many`: there may have been more, of which nothing is kept.
    """

    today: int
    many: bool
    last: RejectedInput | None


@dataclass(frozen=True, slots=True)
class RejectedPage:
    rows: list[RejectedInput]
    follows: bool
    precedes: bool


def rejected_of(project: Project) -> QuerySet[RejectedInput]:
    return RejectedInput.objects.filter(project=project)


def rejected_facts(project: Project) -> RejectedFacts:
    since = first_id((clock.now() - _DAY).timestamp())
    rows = rejected_of(project)
    today = rows.filter(id__gte=since).aggregate(rows=Count("pk"), more=Sum("more"))
    return RejectedFacts(
        today=today["rows"] + (today["more"] or 0),
        many=today["rows"] >= MOST_KEPT,
        last=rows.order_by("-id").first(),
    )


def rejected_page(
    project: Project,
    *,
    dialect: str = "",
    size: int,
    after: UUID | None = None,
    before: UUID | None = None,
) -> RejectedPage:
    """What follows the row of the id `after`, or precedes `before`, newest first."""
    rows = rejected_of(project)
    if dialect:
        rows = rows.filter(dialect=dialect)
    if before:
        found = list(rows.filter(id__gt=before).order_by("id")[: size + 1])
        return RejectedPage(found[:size][::-1], follows=True, precedes=len(found) > size)
    if after:
        rows = rows.filter(id__lt=after)
    found = list(rows.order_by("-id")[: size + 1])
    return RejectedPage(found[:size], follows=len(found) > size, precedes=after is not None)
