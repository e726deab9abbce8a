"""Does a stat's page over a year cost the same with 10 stats and with 10,000?"""

import http.cookiejar
import re
import statistics
import time
import urllib.parse
import urllib.request
from typing import Any

import psycopg

from telemetry.postgres.embedded import ensure_running
from tests.server import ServerProcess

FILL = """
INSERT INTO stats_app_stat (project_id, name, kind, key, last_received_at)
SELECT %(project)s, 'stat ' || g, 1, 'k' || g, now() FROM generate_series(1, %(stats)s) g;
"""
BUCKETS = """
INSERT INTO {table} (project_id, stat_id, start, count, sum, min, max, sum_squares)
SELECT s.project_id, s.id, t, 3, 6, 1, 3, 14 FROM
  (SELECT * FROM stats_app_stat WHERE project_id = %(project)s ORDER BY id LIMIT %(some)s) s,
  generate_series(date_trunc('day', now() - interval '365 days'), now(), interval '{step}') t
ON CONFLICT DO NOTHING
"""


def measure(server: ServerProcess, stats: int, repeats: int = 40) -> dict[str, Any]:
    """Median milliseconds of a year's page, of its data and of the list, few stats and many."""
    browser = signed_in(server)
    figures: dict[str, Any] = {}
    for name, count in (("few", 10), ("many", stats)):
        project = server.create_project(name)
        first = fill(server, project["id"], count)
        pages = {
            "page": f"/projects/{project['slug']}/stats/{first}/?range=1y",
            "list": f"/projects/{project['slug']}/stats/",
        }
        figures[name] = {
            "stats": count,
            **{
                kind: milliseconds(browser, server.url + path, repeats)
                for kind, path in pages.items()
            },
        }
    for kind in ("page", "list"):
        figures[f"{kind}_many_of_few"] = round(figures["many"][kind] / figures["few"][kind], 2)
    figures["rows"] = {
        table: server.query(f"SELECT count(*) FROM stats_app_{table}bucket")[0][0]
        for table in ("minute", "hour", "day")
    }
    return figures


def fill(server: ServerProcess, project: int, stats: int) -> int:
    """A year of days for all stats, of hours for a tenth, of minutes for a few; the first's id."""
    info = ensure_running(server.data_dir)
    connect = f"host={info.host} port={info.port} user={info.user} dbname={info.dbname}"
    with psycopg.connect(connect, autocommit=True) as connection:
        connection.execute(
            FILL.replace("%(project)s", str(project)).replace("%(stats)s", str(stats)).encode()
        )
        for table, step, some in (
            ("day", "1 day", stats),
            ("hour", "1 hour", max(1, stats // 20)),
            ("minute", "1 minute", max(1, stats // 2000)),
        ):
            sql = BUCKETS.format(table=f"stats_app_{table}bucket", step=step)
            connection.execute(sql.encode(), {"project": project, "some": some})
        connection.execute("ANALYZE")
        row = connection.execute(
            "SELECT min(id) FROM stats_app_stat WHERE project_id = %s", [project]
        ).fetchone()
    assert row
    return int(row[0])


def signed_in(server: ServerProcess) -> urllib.request.OpenerDirector:
    """An opener with the first admin's session."""
    browser = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    )
    login = f"{server.url}/accounts/login/"
    page = browser.open(login).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "username": "admin", "password": server.admin_password}
    request = urllib.request.Request(
        login, urllib.parse.urlencode(form).encode(), {"Referer": login}
    )
    assert "/login" not in browser.open(request).geturl()
    return browser


def milliseconds(browser: urllib.request.OpenerDirector, url: str, repeats: int) -> float:
    times = []
    for turn in range(repeats + 5):
        began = time.perf_counter()
        with browser.open(url) as reply:
            assert reply.status == 200
            reply.read()
        if turn >= 5:
            times.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(times), 2)
