"""The verbs of stats: feed, create, change, delete."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from stats_app import mail
from stats_app.deletion import delete_stats_and_buckets
from stats_app.models import Stat
from stats_app.names import clean_name
from stats_app.writes import Item, Outcome, RecordByKey, RecordByName
from telemetry.models import Project
from telemetry.store import get_store

_UNIT_LENGTH = 32


async def record_by_name(*, ezkey: str, items: Sequence[Item]) -> Outcome:
    """Add points to stats named under an EZ key, making those that do not exist.

    Each item is stored as a whole or not at all; the outcome tells, per item. It is committed
    when this returns. Raises ``StoreError`` if nothing was.
    """
    outcome: Outcome = await get_store().submit(RecordByName(ezkey, items))
    if outcome.created:
        mail.announce_soon()
    return outcome


async def record_by_key(*, ukey: str, items: Sequence[Item]) -> Outcome:
    """Add points to existing stats by their own keys under a project's user key. As above."""
    outcome: Outcome = await get_store().submit(RecordByKey(ukey, items))
    return outcome


def create_stat(
    *, project: Project, name: str, kind: int, public: bool = False, unit: str = ""
) -> Stat:
    """Make a stat of this ``Stat.Kind``. ValidationError, by field, for what it cannot be."""
    if kind not in Stat.Kind.values:
        raise ValidationError({"kind": "A stat is a counter or a value."})
    stat = Stat(project=project, name=_name(name), kind=kind, public=public, unit=_unit(unit))
    try:
        with transaction.atomic():
            stat.save(force_insert=True)
    except IntegrityError as error:
        raise _conflict(error, stat.name) from error
    return stat


def update_stat(
    *, stat: Stat, name: str | None = None, public: bool | None = None, unit: str | None = None
) -> Stat:
    """Rename a stat, or change what else may change; None: leave as it is.

    Only these columns are written, so that points that arrive meanwhile are not undone.
    ValidationError by field; Stat.DoesNotExist if somebody has deleted it.
    """
    if name is not None:
        stat.name = _name(name)
    if public is not None:
        stat.public = public
    if unit is not None:
        stat.unit = _unit(unit)
    given = {"name": name, "public": public, "unit": unit}
    changes = {field: getattr(stat, field) for field, value in given.items() if value is not None}
    try:
        with transaction.atomic():
            stats = Stat.objects.filter(project_id=stat.project_id, pk=stat.pk)
            if changes and not stats.update(**changes):
                raise Stat.DoesNotExist
    except IntegrityError as error:
        raise _conflict(error, stat.name) from error
    return stat


def delete_stats(*, project: Project, stat_ids: Sequence[int]) -> int:
    """Delete stats of this project and everything they received; returns how many there were.

    Ids of other projects' stats are ignored. Inside a transaction what was received is deleted
    once that is committed; see ``deletion``.
    """
    return delete_stats_and_buckets(project.pk, stat_ids)


def _name(raw: str) -> str:
    try:
        return clean_name(raw)
    except ValueError as error:
        message = str(error)
        raise ValidationError({"name": f"{message[0].upper()}{message[1:]}."}) from error


def _unit(raw: str) -> str:
    unit = raw.strip()
    if len(unit) > _UNIT_LENGTH:
        raise ValidationError({"unit": f"A unit has at most {_UNIT_LENGTH} characters."})
    if not unit.isprintable():
        raise ValidationError({"unit": "A unit cannot have control characters in it."})
    return unit


def _conflict(error: IntegrityError, name: str) -> ValidationError:
    if "stat_name_unique" in str(error):
        return ValidationError({"name": f"There is a stat “{name}” already."})
    return ValidationError("The project is gone.")
