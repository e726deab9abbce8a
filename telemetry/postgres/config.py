"""The server's settings, written anew at each start so that an upgrade of ours takes effect.

They live beside the data, not in it: ``postgresql.conf`` in ``pgdata`` stays as initdb wrote it
and is not read. ``custom.conf`` is the user's, is included last and is never overwritten.
"""

import os
import shutil
from pathlib import Path

from telemetry.postgres import osuser
from telemetry.postgres.binaries import Binaries
from telemetry.postgres.layout import PORT, ROLE, Layout
from telemetry.postgres.osuser import OSUser

SUPERUSER = "postgres"

_MB = 1024 * 1024
_SHM = Path("/dev/shm")  # noqa: S108
_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)

_CUSTOM = """\
# Your own PostgreSQL settings. They win over ours and are read when the server starts.
# For example:
#shared_buffers = 2GB
"""


def write_config(layout: Layout, binaries: Binaries, user: OSUser, socket_folder: Path) -> Path:
    """Write the configuration, readable for the server's user only; returns the main file."""
    folder = layout.conf
    folder.mkdir(0o700, exist_ok=True)
    _let_read(folder, user, 0o750)
    main = folder / "telemetry.conf"
    _write(main, _settings(layout, binaries, socket_folder), user)
    _write(folder / "hba.conf", _hba(), user)
    _write(folder / "ident.conf", _ident(layout), user)
    if not (folder / "custom.conf").exists():
        _write(folder / "custom.conf", _CUSTOM, user)
    _let_read(folder / "custom.conf", user, 0o640)
    return main


def _settings(layout: Layout, binaries: Binaries, socket_folder: Path) -> str:
    memory = _memory()
    free_disk = shutil.disk_usage(layout.root).free
    settings: dict[str, str | int] = {
        # Who may connect: nobody but us, over a socket in a folder only the server may enter.
        "listen_addresses": "",
        "port": PORT,
        "unix_socket_directories": f'"{socket_folder}"',
        "unix_socket_permissions": "0700",
        "hba_file": str(layout.conf / "hba.conf"),
        "ident_file": str(layout.conf / "ident.conf"),
        "max_connections": 100,
        "cluster_name": "telemetry",
        # What was acknowledged is on the disk, whatever happens to the machine.
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        # Sized to the machine, and modest: this server is a guest there.
        "shared_buffers": f"{_clamp(memory // 8, 64, 512)}MB",
        "effective_cache_size": f"{_clamp(memory // 2, 128, 1024 * 1024)}MB",
        "maintenance_work_mem": f"{_clamp(memory // 32, 32, 256)}MB",
        "work_mem": "8MB",
        "dynamic_shared_memory_type": _dynamic_shared_memory(),
        # Many small writes: few checkpoints, and full pages compressed where that is cheap.
        "max_wal_size": f"{_clamp(free_disk // _MB // 10, 256, 4096)}MB",
        "checkpoint_timeout": "15min",
        "wal_compression": "lz4" if binaries.has_lz4 else "on",
        # A new WAL file is not filled with zeros first: that held up every commit for tens of
        # milliseconds, about once a second under load, until old files could be used again.
        "wal_init_zero": "off",
        # Counters are updated in place over and over: vacuum them often, in small bites.
        "autovacuum_naptime": "15s",
        "autovacuum_vacuum_cost_limit": 2000,
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_analyze_scale_factor": "0.05",
        # Compiling a plan takes longer than any of our statements.
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "log_destination": "stderr",
        "logging_collector": "off",
        "log_min_messages": "warning",
        # A failed statement may carry a key or a name in its text; the program logs what failed.
        "log_min_error_statement": "panic",
        "log_line_prefix": "%m [%p] ",
        "log_checkpoints": "off",
    }
    lines = [f"{name} = '{_escape(value)}'" for name, value in settings.items()]
    head = f"# Written at each start by {__name__}. Put your own settings in custom.conf."
    return "\n".join([head, *lines, "include_if_exists 'custom.conf'", ""])


def _hba() -> str:
    lines = [
        f"local {databases} {role} peer map=ours"
        for databases, role in (("all", ROLE), ("all", SUPERUSER), ("replication", SUPERUSER))
    ]
    return "\n".join([*lines, ""])


def _ident(layout: Layout) -> str:
    """Whoever runs us, whoever owns the data folder, and root, who can become either anyway."""
    names = {
        osuser.name_of(os.geteuid()),
        osuser.name_of(0),
        osuser.name_of(layout.root.stat().st_uid),
    }
    lines = [f'ours "{name}" {role}' for name in sorted(names) for role in (ROLE, SUPERUSER)]
    return "\n".join([*lines, ""])


def _write(path: Path, text: str, user: OSUser) -> None:
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text)
    _let_read(temporary, user, 0o640)
    temporary.replace(path)


def _let_read(path: Path, user: OSUser, mode: int) -> None:
    """The server's group may read; the file stays ours, so the server cannot rewrite its rules."""
    if user.uid == os.geteuid():
        path.chmod(mode & 0o700)
        return
    os.chown(path, path.parent.stat().st_uid, user.gid)
    path.chmod(mode)


def _memory() -> int:
    """The memory we may use, in MB: the machine's, or less if our container has less."""
    amounts = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in _CGROUP_LIMITS:
        try:
            amounts.append(int(path.read_text()))
        except (OSError, ValueError):
            continue
    return min(amounts) // _MB


def _dynamic_shared_memory() -> str:
    """Containers often have 64 MB of /dev/shm, too little for a parallel query: use files there."""
    if not _SHM.is_dir():
        return "posix"
    room = os.statvfs(_SHM)
    enough = room.f_frsize * room.f_blocks >= 256 * _MB
    return "posix" if enough and os.access(_SHM, os.W_OK) else "mmap"


def _clamp(value: int, low: int, high: int) -> int:
    return max(low, min(value, high))


def _escape(value: str | int) -> str:
    return str(value).replace("\\", "\\\\").replace("'", "''")
