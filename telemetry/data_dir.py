"""Where an installation keeps its data: the embedded database, the secret key, uploads.

``./var`` beside ``manage.py``, unless root runs us from a place that the database's OS user (see
``telemetry.postgres.osuser``) could never enter, such as root's own home folder. We do not open
other people's folders, so the data then lives in ``/var/lib/telemetry``.

Choosing looks at folders and changes nothing, so that settings may do it.
"""

from pathlib import Path

from telemetry.postgres import osuser
from telemetry.postgres.layout import make_data_dir

__all__ = ["FALLBACK", "choose_data_dir", "make_data_dir", "why_not_beside"]

FALLBACK = Path("/var/lib/telemetry")


def choose_data_dir(base_dir: Path) -> Path:
    """The data folder of a project in `base_dir` that was not told where to keep its data."""
    return FALLBACK if why_not_beside(base_dir) else base_dir / "var"


def why_not_beside(base_dir: Path) -> str | None:
    """Why ``base_dir/var`` will not do, as a line to show to whoever started us; else ``None``."""
    data_dir = base_dir / "var"
    if not osuser.is_root():
        return None
    user = osuser.expected(data_dir)
    if osuser.can_enter(data_dir, user):
        return None
    name = osuser.PREFERRED if user == osuser.NOT_YET_ADDED else user.name
    return (
        f"Data is kept in {FALLBACK}: as root, PostgreSQL runs as OS user {name!r}, "
        f"which cannot enter {data_dir}."
    )
