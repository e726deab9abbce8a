"""Does ``/o`` cost the same among a quarter's counters and among three years' 100 million events?

The last 30 days are asked for, and the documents hold the months that those and the 30 days before
touch. Documents of the whole history, as 12.08 had them, grow with it; their cost is told, too.
"""

import http.client
import json
import statistics
import time
from typing import Any
from urllib.parse import urlencode

from tests.server import ServerProcess

DAYS = {"few": 100, "many": 3 * 365}
KEYS = 5
# Of each key: 100 million in three years.
AN_HOUR = 762
VALUES = 20
# What a dashboard asks for every ten seconds, and when somebody opens it; and all of the history.
READS = {
    "refresh": {"method": "events", "event": "event 1", "action": "refresh"},
    "month": {"method": "events", "event": "event 1", "shape": "merged", "period": "30days"},
    "month_of_sessions": {"method": "sessions", "shape": "merged", "period": "30days"},
    "whole_history": {"method": "events", "event": "event 1"},
}
# A bucket is a time's digits: of its hour, day, month or year.
_LEVELS = "unnest(ARRAY['YYYYMMDDHH24', 'YYYYMMDD', 'YYYYMM', 'YYYY'])"
_EVENTS = f"""
INSERT INTO sessions_app_eventcounter (project_id, event, segment, bucket, value, c, s)
SELECT %(project)s, 'event ' || key, '', to_char(at, level)::int, '', sum(%(by)s), sum(%(by)s)
  FROM generate_series(1, {KEYS}) key, {_LEVELS} level,
       generate_series(now() - make_interval(days => %(days)s), now(), '1 hour') at
 GROUP BY key, level, 4 RETURNING 1
"""
_VALUES = f"""
INSERT INTO sessions_app_eventcounter (project_id, event, segment, bucket, value, c)
SELECT %(project)s, 'event ' || key, 'where', to_char(at, level)::int, 'place ' || value,
       sum(24 * %(by)s / {VALUES})
  FROM generate_series(1, {KEYS}) key, {_LEVELS} level, generate_series(1, {VALUES}) value,
       generate_series(now() - make_interval(days => %(days)s), now(), '1 day') at
 WHERE length(level) < 10
 GROUP BY key, level, value, 4 RETURNING 1
"""
_SESSIONS = f"""
INSERT INTO sessions_app_usagecounter (project_id, dimension, bucket, value, t, n, u, d, e)
SELECT %(project)s, 0, to_char(at, level)::int, '', 90 * count(*), 9 * count(*), 30 * count(*),
       900 * count(*), 500 * count(*)
  FROM {_LEVELS} level,
       generate_series(now() - make_interval(days => %(days)s), now(), '1 hour') at
 GROUP BY level, 3 RETURNING 1
"""
_NAMES = f"""
INSERT INTO sessions_app_knownname (project_id, dimension, event, segment, value, place)
SELECT %(project)s, 20, 'event ' || key, '', '', key FROM generate_series(1, {KEYS}) key
 UNION ALL
SELECT %(project)s, 21, 'event ' || key, 'where', '', 100 + key
  FROM generate_series(1, {KEYS}) key
 UNION ALL
SELECT %(project)s, 22, 'event ' || key, 'where', 'place ' || value, 1000 + key * 100 + value
  FROM generate_series(1, {KEYS}) key, generate_series(1, {VALUES}) value
RETURNING 1
"""


def measure(server: ServerProcess, repeats: int) -> dict[str, Any]:
    """Median milliseconds of each read, of both projects."""
    paths = {name: _fill(server, name) for name in DAYS}
    line = http.client.HTTPConnection("127.0.0.1", server.port)
    figures: dict[str, Any] = {
        name: {"counted_events": days * 24 * KEYS * AN_HOUR, "days": days}
        for name, days in DAYS.items()
    }
    for read, params in READS.items():
        times: dict[str, list[float]] = {name: [] for name in paths}
        for _ in range(max(5, repeats // 10) if read == "whole_history" else repeats):
            for name, path in paths.items():  # in turns: a machine's speed changes by the minute
                began = time.perf_counter()
                size = _get(line, f"{path}&{urlencode(params)}")
                times[name].append((time.perf_counter() - began) * 1000)
                figures[name][f"{read}_bytes"] = size
        for name, taken in times.items():
            figures[name][read] = round(statistics.median(taken), 2)
        figures[f"{read}_many_of_few"] = round(figures["many"][read] / figures["few"][read], 2)
    line.close()
    return figures


def _fill(server: ServerProcess, name: str) -> str:
    project = server.create_project(f"counted {name}", "--open")
    days = DAYS[name]
    for sql in (_EVENTS, _VALUES, _SESSIONS, _NAMES):
        server.query(sql, {"project": project["id"], "days": days, "by": AN_HOUR})
    return f"/o?app_key={project['app_key']}"


def _get(line: http.client.HTTPConnection, path: str) -> int:
    line.request("GET", path)
    reply = line.getresponse()
    body = reply.read()
    assert reply.status == 200, body
    assert json.loads(body), path
    return len(body)
