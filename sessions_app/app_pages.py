"""What the pages of an app have in common: the period that they are about, figures and charts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sessions_app import charts
from sessions_app.snippets import first_app_requests
from sessions_app.usage.report import (
    DEFAULT_PERIOD,
    PERIODS,
    Change,
    Period,
    Step,
    Unit,
    change,
    period_of,
)
from telemetry import clock
from telemetry.access import may_manage
from telemetry.models import Project
from telemetry.pages import public_url
from telemetry.templatetags.telemetry_pages import number

__all__ = [
    "Asked",
    "Figure",
    "Link",
    "app_page",
    "asked_period",
    "bound",
    "compared",
    "figure",
    "first_steps",
    "is_comparable",
    "is_half",
    "period_query",
    "small_charts",
    "two_digits",
]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, and what it was in the period before; both as people read them."""

    label: str
    text: str
    before: str
    change: Change
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    query: str
    is_current: bool


def figure(
    label: str, now: float, before: float, write: Callable[[float], str] = number, hint: str = ""
) -> Figure:
    """One that is known exactly."""
    return Figure(label, write(now), write(before), change(now, before), hint)


def bound(
    label: str,
    now: tuple[float, bool],
    before: tuple[float, bool],
    hint: str = "",
    sign: str = "≤",
    write: Callable[[float], str] = number,
) -> Figure:
    """One that may be known as an upper or a lower bound only, each with whether it is exact.

    How a bound has changed means nothing, so then nothing is said of that.
    """
    if now[1] and before[1]:
        return figure(label, now[0], before[0], write)
    text, text_before = (
        write(value) if is_exact or not value else f"{sign} {write(value)}"
        for value, is_exact in (now, before)
    )
    return Figure(label, text, text_before, Change(), "" if now[1] else hint)


def is_half(period: Period) -> bool:
    """Whether it is today alone: a part of a day is not to be compared with a whole one."""
    return period.is_running and period.days == 1


def compared(figures: list[Figure], period: Period) -> list[Figure]:
    """The figures of a period, without their changes if these would mean nothing."""
    if is_half(period):
        return [replace(each, change=Change()) for each in figures]
    return figures


@dataclass(frozen=True, slots=True)
class Asked:
    """The period that a page is about. `problem`: why it is not the one that was asked for."""

    period: Period
    problem: str


def asked_period(request: HttpRequest, project: Project) -> Asked:
    today = clock.now().astimezone(project.zone).date()
    try:
        return Asked(period_of(request.GET, today), "")
    except ValueError as error:
        return Asked(period_of({}, today), str(error))


def period_query(period: Period, more: Mapping[str, str]) -> str:
    found = {name: value for name, value in more.items() if value} | period.parameters()
    return f"?{urlencode(found)}" if found else "?"


def app_page(
    request: HttpRequest,
    project: Project,
    template: str,
    asked: Asked,
    tab: str,
    context: dict[str, Any],
    **keep: str,
) -> HttpResponse:
    """A page about a period; `keep` is what else its URL says, and other periods' as well."""
    period = asked.period
    picks = []
    for name, label in PERIODS.items():
        query = {key: value for key, value in keep.items() if value}
        query |= {"period": name} if name != DEFAULT_PERIOD else {}
        picks.append(Link(label, f"?{urlencode(query)}", name == period.name))
    common = {
        "project": project,
        "period": period,
        "is_half": is_half(period),
        "problem": asked.problem,
        "picks": picks,
        "keep": {name: value for name, value in keep.items() if value},
        "period_query": period_query(period, {}),
        "tab": tab,
        "tabs": [
            ("app", "Overview", tab == "app"),
            ("app-audience", "Audience", tab == "app-audience"),
            ("app-events", "Events", tab == "app-events"),
        ],
    }
    status = 400 if asked.problem else 200
    return render(request, template, {**common, **context}, status=status)


def first_steps(request: HttpRequest, project: Project) -> dict[str, Any]:
    """For an app that has sent nothing yet."""
    can_manage = may_manage(request.user, project)
    return {
        "can_manage": can_manage,
        "snippets": first_app_requests(project, public_url(request), show_keys=can_manage),
    }


def two_digits(value: float) -> str:
    return number(round(value, 2))


def is_comparable(period: Period) -> bool:
    return period.unit is not Unit.MONTH or period.name == "year"


def small_charts(
    steps: Sequence[Step], series: Sequence[tuple[str, Sequence[float]]]
) -> dict[str, Any]:
    """One chart for each, all on the same scale; and the same as a table, newest first."""
    highest = max((value for _, values in series for value in values), default=0.0)
    drawn = [
        charts.draw(f"top{index}", label, steps, [charts.Series("", values)], highest=highest)
        for index, (label, values) in enumerate(series)
    ]
    rows = [(step, [values[index] for _, values in series]) for index, step in enumerate(steps)]
    return {
        "multiples": drawn,
        "multiple_rows": rows[::-1],
        "multiple_names": [n for n, _ in series],
    }
