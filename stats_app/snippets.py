"""Command lines that send to a stat, ready to paste into a shell."""

import json
import re
import shlex

from stats_app.models import Stat
from telemetry.models import Project
from telemetry.pages import Snippet

__all__ = ["first_stat", "sending_to"]


_PLAIN = re.compile(r"[A-Za-z0-9._@:~-]+")


def _form(url: str, **fields: str) -> str:
    """`--data-urlencode` carries spaces, &, + and every script; only the shell needs quoting."""
    pairs = " ".join(
        f"{'-d' if _PLAIN.fullmatch(text) else '--data-urlencode'} {shlex.quote(f'{name}={text}')}"
        for name, text in fields.items()
    )
    return f"curl {pairs} {shlex.quote(url)}"


def _json(url: str, ezkey: str, **item: str | int | float) -> str:
    body = json.dumps({"ezkey": ezkey, "data": [item]}, ensure_ascii=False)
    return f"curl -H 'Content-Type: application/json' -d {shlex.quote(body)} {shlex.quote(url)}"


def sending_to(stat: Stat, base_url: str, *, show_keys: bool) -> list[Snippet]:
    """How to feed this stat. Without `show_keys` the keys are placeholders."""
    project = stat.project
    ezkey = project.ezkey if show_keys else "YOUR_EZKEY"
    keys = (
        {"key": stat.key, "ukey": project.ukey}
        if show_keys
        else {"key": "STAT_KEY", "ukey": "YOUR_UKEY"}
    )
    name: str = "count" if stat.is_counter else "value"
    amount: int | float = 1 if stat.is_counter else 0.5
    item: dict[str, str | int | float] = {"stat": stat.name, name: amount}
    path = "c" if stat.is_counter else "v"
    return [
        Snippet(
            "EZ, as a form",
            _form(f"{base_url}/ez", ezkey=ezkey, stat=stat.name, **{name: str(amount)}),
        ),
        Snippet("EZ, as JSON (many stats in one request)", _json(f"{base_url}/ez", ezkey, **item)),
        Snippet(
            "Classic (only this stat)", _form(f"{base_url}/{path}", **keys, **{name: str(amount)})
        ),
    ]


def first_stat(project: Project, base_url: str, *, show_keys: bool) -> list[Snippet]:
    """How to make a counter and a value out of nothing."""
    ezkey = project.ezkey if show_keys else "YOUR_EZKEY"
    url = f"{base_url}/ez"
    return [
        Snippet("Count something", _form(url, ezkey=ezkey, stat="page views", count="1")),
        Snippet("Track a value", _form(url, ezkey=ezkey, stat="load average", value="0.73")),
    ]
