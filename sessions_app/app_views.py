"""The HTML pages of an app: how it is used, by whom and with what."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from sessions_app import charts
from sessions_app.app_pages import (
    Figure,
    Link,
    app_page,
    asked_period,
    bound,
    compared,
    figure,
    first_steps,
    is_comparable,
    period_query,
    small_charts,
    two_digits,
)
from sessions_app.models import Dimension
from sessions_app.templatetags.sessions_pages import duration_text
from sessions_app.usage.report import Period, Unit
from sessions_app.usage.words import METRICS
from sessions_app.usage_reports import (
    AppReport,
    Point,
    Totals,
    app_report,
    has_usage,
    rankings,
    value_series,
)
from telemetry.models import Project
from telemetry.pages import member_page

__all__ = ["app", "audience"]

TOP, TOP_OF_CARD, DRAWN = 20, 5, 5

BY = {
    "country": ("Countries", "country"),
    "city": ("Cities", "city"),
    "os": ("Systems", "operating system"),
    "os_version": ("System versions", "version of the system"),
    "device": ("Devices", "device"),
    "resolution": ("Resolutions", "resolution"),
    "carrier": ("Carriers", "carrier"),
    "app_version": ("App versions", "app version"),
}
"""What an audience is looked at by: the heading, and what one of it is called."""
RANGE_TITLES = {
    Dimension.LOYALTY: ("Loyalty", "Users by the number of their session when they first came"),
    Dimension.FREQUENCY: (
        "Frequency",
        "Users by the time since their session before, when they first came",
    ),
    Dimension.DURATION: ("Duration", "Sessions that ended, by their length"),
}


# Overview


@require_safe
@member_page
def app(request: HttpRequest, project: Project) -> HttpResponse:
    """How the app was used: sessions, users, time, loyalty, frequency and duration."""
    asked = asked_period(request, project)
    report = app_report(project, asked.period)
    context: dict[str, Any] = {
        "figures": compared(_figures(report), asked.period),
        "charts": _app_charts(asked.period, report),
        "points": report.points[::-1],
        "ranges": [
            (*RANGE_TITLES[ranking.dimension], ranking)
            for ranking in sorted(
                report.ranges, key=lambda each: list(RANGE_TITLES).index(each.dimension)
            )
        ],
        "is_exact": report.totals.is_exact,
    }
    if not (report.totals.requests or report.before.requests) and not has_usage(project):
        context |= {"is_new": True, **first_steps(request, project)}
    return app_page(request, project, "sessions_app/app/overview.html", asked, "app", context)


_AT_MOST = "Who came on several days may be counted several times."


def _figures(report: AppReport) -> list[Figure]:
    now, before = report.totals, report.before
    exact, exact_before = now.is_exact, before.is_exact
    return [
        figure("Sessions", now.sessions, before.sessions),
        bound("Users", (now.users, exact), (before.users, exact_before), _AT_MOST),
        figure("New users", now.new, before.new),
        bound(
            "Returning users", (now.returning, exact), (before.returning, exact_before), _AT_MOST
        ),
        figure("Time spent", now.seconds, before.seconds, duration_text),
        figure(
            "Time per session", now.seconds_per_session, before.seconds_per_session, duration_text
        ),
        bound(
            "Sessions per user",
            (now.sessions_per_user, exact),
            (before.sessions_per_user, exact_before),
            _AT_MOST,
            "≥",
            two_digits,
        ),
        figure("Requests", now.requests, before.requests),
    ]


def _app_charts(period: Period, report: AppReport) -> list[charts.Chart]:
    points = report.points
    steps = [point.step for point in points]
    # Months before do not have the same days.
    earlier = report.before_points[: len(points)] if is_comparable(period) else []

    def values(of: Callable[[Totals], float], among: Sequence[Point] = points) -> list[float]:
        return [of(point.totals) for point in among]

    return [
        charts.draw(
            "sessions",
            "Sessions",
            steps,
            [charts.Series("sessions", values(lambda totals: totals.sessions))],
            before=values(lambda totals: totals.sessions, earlier),
        ),
        charts.draw(
            "users",
            "Users",
            steps,
            [
                charts.Series("returning", values(lambda totals: totals.returning), "bar"),
                charts.Series("new", values(lambda totals: totals.new), "bar bar-2"),
            ],
            before=values(lambda totals: totals.users, earlier),
        ),
        charts.draw(
            "time",
            "Time spent",
            steps,
            [charts.Series("", values(lambda totals: totals.seconds))],
            before=values(lambda totals: totals.seconds, earlier),
            write=duration_text,
            top_of=charts.duration_scale,
        ),
    ]


# Audience


@require_safe
@member_page
def audience(request: HttpRequest, project: Project) -> HttpResponse:
    """Where users are and what they have: some of each, or with ``?by=`` one at length."""
    asked = asked_period(request, project)
    by = request.GET.get("by", "")
    if by and by not in BY:
        raise Http404("An audience is not looked at by that.")
    context: dict[str, Any] = {
        "views": [Link("All", period_query(asked.period, {}), not by)]
        + [
            Link(title, period_query(asked.period, {"by": word}), word == by)
            for word, (title, _) in BY.items()
        ]
    }
    if by:
        context |= _audience_by(project, asked.period, by)
    else:
        found = rankings(project, asked.period, [METRICS[word] for word in BY], TOP_OF_CARD)
        context["cards"] = [
            (*BY[word], period_query(asked.period, {"by": word}), ranking)
            for word, ranking in zip(BY, found, strict=True)
            if ranking.rows
        ]
        context["untold"] = [
            BY[word][0].lower() for word, ranking in zip(BY, found, strict=True) if not ranking.rows
        ]
        if not any(ranking.rows for ranking in found) and not has_usage(project):
            context |= {"is_new": True, **first_steps(request, project)}
    return app_page(
        request, project, "sessions_app/app/audience.html", asked, "app-audience", context, by=by
    )


def _audience_by(project: Project, period: Period, by: str) -> dict[str, Any]:
    (ranking,) = rankings(project, period, [METRICS[by]], TOP)
    drawn = ranking.rows[:DRAWN]
    context: dict[str, Any] = {"by": by, "title": BY[by][0], "noun": BY[by][1], "ranking": ranking}
    if drawn and period.unit is not Unit.HOUR:
        values = [row.value for row in drawn]
        steps, series = value_series(project, period, period.unit, METRICS[by], values)
        context |= small_charts(steps, [(row.label, series[row.value]) for row in drawn])
    return context
