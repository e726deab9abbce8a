"""``make bench``: one JSON object on standard output, a readable table on standard error.

Figures are ratios to a floor measured in the same run, since machines differ and are noisy.
``make bench ARGS=--quick`` takes about two minutes and shows whether it works.
"""

import argparse
import json
import os
import sys
from typing import Any

from telemetry.serving import default_workers
from tests.bench import memory, pages, writes
from tests.bench.load import need_wrk
from tests.server import running_server

BARS = {
    "of_bare_at_64": (0.20, "at least"),
    "of_bare_at_256": (0.40, "at least"),
    "p99_of_bare_at_256": (25, "below"),
    "batch_points_of_singles": (5, "at least"),
    "page_many_of_few": (1.5, "below"),
    "memory_mib": (200, "below"),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true", help="short runs, little data")
    parser.add_argument("--only", choices=["writes", "memory", "pages"], action="append")
    options = parser.parse_args()
    need_wrk()
    wanted = options.only or ["writes", "memory", "pages"]
    workers = int(os.environ.get("WORKERS") or 0) or default_workers()
    report: dict[str, Any] = {}
    with running_server(workers=workers) as server:
        if "writes" in wanted:
            report["writes"] = writes.measure(server, workers, 2 if options.quick else 8)
        if "memory" in wanted:
            report["memory"] = memory.measure(server, 50_000 if options.quick else 1_000_000)
        if "pages" in wanted:
            report["pages"] = pages.measure(server, 500 if options.quick else 10_000)
    report["bars"] = bars(report)
    print(json.dumps(report))
    table(report)


def bars(report: dict[str, Any]) -> dict[str, Any]:
    figures: dict[str, float] = {**report.get("writes", {}).get("ratios", {})}
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
    def line(*cells: Any) -> None:
        sys.stderr.write("  ".join(f"{cell!s:>12}" for cell in cells) + "\n")

    if "writes" in report:
        found = report["writes"]
        line(
            "connections",
            "posts/s",
            "p50 ms",
            "p99 ms",
            "of bare",
            "bare/s",
            "bare p99",
            "of bare+",
            "bare+/s",
            "srv cores",
            "db cores",
            "srv MiB",
            "db MiB",
        )
        for connections, single in found["single_posts"].items():
            bare = found["floor_bare_asgi"][connections]
            line(
                connections,
                single["per_second"],
                single["p50"],
                single["p99"],
                found["ratios"][f"of_bare_at_{connections}"],
                bare["per_second"],
                bare["p99"],
                found["ratios"][f"of_bare_on_our_protocol_at_{connections}"],
                found["floor_bare_asgi_on_our_protocol"][connections]["per_second"],
                single["server_cores"],
                single["database_cores"],
                single["server_peak_mib"],
                single["database_peak_mib"],
            )
        sys.stderr.write("bare: an ASGI callable on uvicorn; bare+: on our HTTP protocol for it\n")
        batch = found["batches_of_1000"]
        line("batches", f"{batch['points_per_second']} points/s", batch["p50"], batch["p99"])
        line("pgbench", f"{found['floor_pgbench_commits_per_second']} commits/s")
    if "pages" in report:
        for name in ("few", "many"):
            figures = report["pages"][name]
            line(
                f"{figures['stats']} stats",
                f"page {figures['page']} ms",
                f"list {figures['list']} ms",
            )
    for name, bar in report["bars"].items():
        line(name, bar["figure"], bar["bar"], "held" if bar["held"] else "MISSED")


if __name__ == "__main__":
    main()
