"""The HTML pages of an app's events: all of them, and one of them over time and split."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from sessions_app import charts, event_reports
from sessions_app.app_pages import (
    Figure,
    Link,
    app_page,
    asked_period,
    compared,
    figure,
    first_steps,
    is_comparable,
    is_half,
    period_query,
    small_charts,
    two_digits,
)
from sessions_app.event_reports import EventReport, EventRow, EventTotals, SegmentRow
from sessions_app.templatetags.sessions_pages import duration_text
from sessions_app.usage.report import Change, Period, Unit, change, steps_of
from telemetry import sparkline
from telemetry.models import Project
from telemetry.pages import member_page

__all__ = ["event", "events"]

TOP, DRAWN = 20, 5
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event in the list."""

    row: EventRow
    change: Change
    query: str
    spark: sparkline.Sparkline


@require_safe
@member_page
def events(request: HttpRequest, project: Project) -> HttpResponse:
    """The events of the period, the most frequent first."""
    asked = asked_period(request, project)
    period = asked.period
    rows = event_reports.event_rows(project, period)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    steps = steps_of(period, period.unit)
    sparks = event_reports.event_steps(project, [row.event for row in page], steps)
    context: dict[str, Any] = {
        "rows": [
            EventLine(
                row,
                _change(row, period),
                period_query(period, {"event": row.event}),
                sparkline.draw(
                    [value or None for value in sparks[row.event]], counter=True, unit=period.unit
                ),
            )
            for row in page
        ],
        "total": sum(row.totals.count for row in rows),
        "num_events": len(rows),
        "has_sums": any(row.totals.sum for row in rows),
        "has_seconds": any(row.totals.seconds for row in rows),
        "next": period_query(period, {"page": str(page.next_page_number())})
        if page.has_next()
        else "",
        "previous": (
            period_query(period, {"page": str(page.previous_page_number())})
            if page.has_previous()
            else ""
        ),
    }
    if not rows:
        context |= first_steps(request, project)
    return app_page(request, project, "sessions_app/app/events.html", asked, "app-events", context)


@require_safe
@member_page
def event(request: HttpRequest, project: Project) -> HttpResponse:
    """One event, ``?event=``, over time; with ``?by=`` split by a segment."""
    asked = asked_period(request, project)
    period = asked.period
    key, by = request.GET.get("event", ""), request.GET.get("by", "")
    if not event_reports.knows_event(project, key):
        raise Http404("There is no such event.")
    segments = event_reports.segments_of(project, key)
    if by and by not in segments:
        raise Http404("The event has no such segment.")
    report = event_reports.event_report(project, period, key)
    context: dict[str, Any] = {
        "event": key,
        "by": by,
        "segments": [
            Link(name, period_query(period, {"event": key, "by": name}), name == by)
            for name in segments
        ],
        "in_all": period_query(period, {"event": key}),
        "figures": compared(_event_figures(report), period),
        "charts": _event_charts(period, report),
        "points": list(zip(report.steps, report.points, strict=True))[::-1],
    }
    if by:
        ranking = event_reports.segment_ranking(project, period, key, by, TOP)
        context |= {
            "ranking": ranking,
            "ranked": [(row, _change(row, period)) for row in ranking.rows],
        }
        drawn = ranking.rows[:DRAWN]
        if drawn and period.unit is not Unit.HOUR:
            values = [row.value for row in drawn]
            series = event_reports.segment_series(project, report.steps, key, by, values)
            named = [(row.label, series[row.value]) for row in drawn]
            context |= small_charts(report.steps, named)
    return app_page(
        request,
        project,
        "sessions_app/app/event.html",
        asked,
        "app-events",
        context,
        event=key,
        by=by,
    )


def _change(row: EventRow | SegmentRow, period: Period) -> Change:
    return Change() if is_half(period) else change(row.totals.count, row.before.count)


def _event_figures(report: EventReport) -> list[Figure]:
    now, before = report.totals, report.before
    found = [figure("Count", now.count, before.count)]
    if now.sum or before.sum:
        found.append(figure("Sum", now.sum, before.sum))
        found.append(figure("Sum per event", now.average, before.average, two_digits))
    if now.seconds or before.seconds:
        found.append(figure("Time", now.seconds, before.seconds, duration_text))
    return found


def _event_charts(period: Period, report: EventReport) -> list[charts.Chart]:
    earlier = report.before_points[: len(report.points)] if is_comparable(period) else []

    def values(of: Callable[[EventTotals], float], among: Sequence[EventTotals]) -> list[float]:
        return [of(each) for each in among]

    def chart(
        name: str, title: str, of: Callable[[EventTotals], float], **more: Any
    ) -> charts.Chart:
        series = [charts.Series("", values(of, report.points))]
        before = values(of, earlier)
        return charts.draw(name, title, report.steps, series, before=before, **more)

    found = [chart("count", "Count", lambda each: each.count)]
    if report.totals.sum or report.before.sum:
        found.append(chart("sum", "Sum", lambda each: each.sum))
    if report.totals.seconds or report.before.seconds:
        scale: dict[str, Any] = {"write": duration_text, "top_of": charts.duration_scale}
        found.append(chart("seconds", "Time", lambda each: each.seconds, **scale))
    return found
