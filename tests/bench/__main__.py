"""``make bench``: one JSON object on standard output, a readable table on standard error.

Figures are ratios to a floor measured in the same run, since machines differ and are noisy.
``make bench ARGS=--quick`` takes a few minutes and shows whether it works.
"""

import argparse
import json
import os
import sys
from typing import Any

from telemetry.serving import default_workers
from tests.bench import (
    beats,
    board,
    events,
    loglines,
    memory,
    pages,
    plays,
    usage,
    usage_reads,
    watchers,
    writes,
)
from tests.bench.load import need_wrk
from tests.server import running_server

BARS = {
    "posts_of_bare_at_64": (0.20, "at least"),
    "posts_of_bare_at_256": (0.40, "at least"),
    "posts_p99_of_bare_at_256": (25, "below"),
    "batch_points_of_singles": (5, "at least"),
    "page_many_of_few": (1.5, "below"),
    "memory_mib": (200, "below"),
    "beats_of_bare_at_64": (0.20, "at least"),
    "beats_of_bare_at_256": (0.40, "at least"),
    "board_many_of_few": (1.5, "below"),
    "events_of_bare_at_64": (0.18, "at least"),
    "events_of_bare_at_256": (0.35, "at least"),
    "usage_of_bare_at_64": (0.10, "at least"),
    "usage_of_bare_at_256": (0.20, "at least"),
    "refresh_many_of_few": (1.5, "below"),
    "month_many_of_few": (1.5, "below"),
    "month_of_sessions_many_of_few": (1.5, "below"),
    "first_page_many_of_few": (1.5, "below"),
    "thousandth_page_many_of_few": (1.5, "below"),
}
PARTS = [
    *("writes", "beats", "events", "loglines", "watchers", "board", "memory", "pages"),
    *("plays", "usage", "usage_reads"),
]


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true", help="short runs, little data")
    parser.add_argument("--only", choices=PARTS, action="append")
    options = parser.parse_args()
    need_wrk()
    wanted = options.only or PARTS
    workers = int(os.environ.get("WORKERS") or 0) or default_workers()
    report: dict[str, Any] = {}
    with running_server(workers=workers) as server:
        if "writes" in wanted:
            report["writes"] = writes.measure(server, workers, 2 if options.quick else 8)
        if "beats" in wanted:
            report["beats"] = beats.measure(server, workers, 2 if options.quick else 8)
        if "events" in wanted:
            report["events"] = events.measure(server, workers, 2 if options.quick else 8)
        if "usage" in wanted:
            report["usage"] = usage.measure(server, workers, 2 if options.quick else 8)
        if "usage_reads" in wanted:
            report["usage_reads"] = usage_reads.measure(server, 50 if options.quick else 200)
        if "watchers" in wanted:
            report["watchers"] = watchers.measure(server, 5 if options.quick else 20)
        if "board" in wanted:
            report["board"] = board.measure(server, 5_000 if options.quick else 100_000)
        if "memory" in wanted:
            report["memory"] = memory.measure(server, 50_000 if options.quick else 1_000_000)
        if "pages" in wanted:
            report["pages"] = pages.measure(server, 500 if options.quick else 10_000)
        if "loglines" in wanted:
            report["loglines"] = loglines.measure(server, 20_000 if options.quick else 100_000)
        if "plays" in wanted:
            report["plays"] = plays.measure(server, 200_000 if options.quick else 10_000_000)
    report["bars"] = bars(report)
    print(json.dumps(report))
    table(report)


def bars(report: dict[str, Any]) -> dict[str, Any]:
    figures: dict[str, float] = {
        **report.get("writes", {}).get("ratios", {}),
        **report.get("beats", {}).get("ratios", {}),
        **report.get("events", {}).get("ratios", {}),
        **report.get("usage", {}).get("ratios", {}),
    }
    if "board" in report:
        figures["board_many_of_few"] = report["board"]["board_many_of_few"]
    for name in ("first_page_many_of_few", "thousandth_page_many_of_few"):
        if "plays" in report:
            figures[name] = report["plays"][name]
    if "usage_reads" in report:
        reads = report["usage_reads"].items()
        figures |= {name: figure for name, figure in reads if name.endswith("_many_of_few")}
    if "pages" in report:
        figures["page_many_of_few"] = report["pages"]["page_many_of_few"]
    if "memory" in report:
        figures["memory_mib"] = list(report["memory"]["mib_after_posts"].values())[-1]
    return {
        name: {
            "figure": figures[name],
            "bar": f"{relation} {bar}",
            "held": figures[name] >= bar if relation == "at least" else figures[name] < bar,
        }
        for name, (bar, relation) in BARS.items()
        if name in figures
    }


def table(report: dict[str, Any]) -> None:
    if "writes" in report:
        found = report["writes"]
        _loads("posts", found)
        batch = found["batches_of_1000"]
        _line("batches", f"{batch['points_per_second']} points/s", batch["p50"], batch["p99"])
        _line("pgbench", f"{found['floor_pgbench_commits_per_second']} commits/s")
    if "beats" in report:
        _loads("beats", report["beats"])
    if "events" in report:
        _loads("events", report["events"])
    if "usage" in report:
        _loads("usage", report["usage"])
        bulk = report["usage"]["bulks_of_50"]
        _line("bulks of 50", f"{bulk['requests_per_second']} requests/s", bulk["p50"], bulk["p99"])
    if "watchers" in report:
        for name, figure in report["watchers"].items():
            _line(name.replace("_", " "), figure)
    if "loglines" in report:
        for name, figure in report["loglines"].items():
            _line(name.replace("_", " "), figure)
    for part, unit in (
        *(("board", "devices"), ("pages", "stats"), ("plays", "sessions")),
        ("usage_reads", "days"),
    ):
        for name in ("few", "many") if part in report else ():
            figures = dict(report[part][name])
            _line(f"{figures.pop(unit)} {unit}", *(f"{k} {v} ms" for k, v in figures.items()))
    for name, bar in report["bars"].items():
        _line(name, bar["figure"], bar["bar"], "held" if bar["held"] else "MISSED")


def _loads(name: str, found: dict[str, Any]) -> None:
    """A table of what was stored at each number of connections, beside both floors."""
    ours = found["floor_bare_asgi_on_our_protocol"]
    heads = ("p50 ms", "p99 ms", "of bare", "bare/s", "bare p99", "of bare+", "bare+/s")
    _line("connections", f"{name}/s", *heads, "srv cores", "db cores", "srv MiB", "db MiB")
    for connections, load in found[name].items():
        bare = found["floor_bare_asgi"][connections]
        _line(
            connections,
            load["per_second"],
            load["p50"],
            load["p99"],
            found["ratios"][f"{name}_of_bare_at_{connections}"],
            bare["per_second"],
            bare["p99"],
            found["ratios"][f"{name}_of_bare_on_our_protocol_at_{connections}"],
            ours[connections]["per_second"],
            load["server_cores"],
            load["database_cores"],
            load["server_peak_mib"],
            load["database_peak_mib"],
        )
    sys.stderr.write("bare: an ASGI callable on uvicorn; bare+: on our HTTP protocol for it\n")


def _line(*cells: Any) -> None:
    sys.stderr.write("  ".join(f"{cell!s:>12}" for cell in cells) + "\n")


if __name__ == "__main__":
    main()
