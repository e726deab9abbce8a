"""How fast `/ez` stores, beside a server that stores nothing and a database alone."""

from dataclasses import replace
from typing import Any

from tests.bench.beside import Load, measure_beside_bare, run
from tests.bench.load import database_of, pgbench, wrk
from tests.server import ServerProcess

CONNECTIONS = (1, 16, 64, 256)

_COUNTS = """
SELECT (SELECT coalesce(sum(sum), 0)::int8 FROM stats_app_minutebucket WHERE project_id = {0}),
       (SELECT coalesce(sum(sum), 0)::int8 FROM stats_app_hourbucket WHERE project_id = {0}),
       (SELECT coalesce(sum(sum), 0)::int8 FROM stats_app_daybucket WHERE project_id = {0})
"""


def measure(server: ServerProcess, workers: int, seconds: float) -> dict[str, Any]:
    """All figures of the write path."""
    keys = server.create_project("Bench")
    load = Load("ez.lua", keys["ezkey"], _COUNTS.format(keys["id"]))
    wrk(server.url, load.script, connections=16, seconds=2, key=load.key)  # makes the stats
    found = measure_beside_bare("posts", server, workers, load, CONNECTIONS, seconds)
    batches = run(server, replace(load, script="batch.lua", points=1000), 16, seconds)
    points = batches["per_second"] * 1000
    database = database_of(server)
    info = database.connection
    commits = pgbench(
        database.bin_dir, info.host, info.port, info.user, info.dbname, max(2, int(seconds))
    )
    posts = found["posts"]
    ratios = {
        **found.pop("ratios"),
        "posts_p99_of_bare_at_256": round(
            posts[256]["p99"] / found["floor_bare_asgi"][256]["p99"], 2
        ),
        "batch_points_of_singles": round(
            points / max(single["per_second"] for single in posts.values()), 2
        ),
    }
    return {
        "workers": workers,
        **found,
        "floor_pgbench_commits_per_second": round(commits),
        "batches_of_1000": {**batches, "points_per_second": round(points)},
        "ratios": ratios,
    }
