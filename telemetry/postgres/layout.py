"""Where everything of the embedded server is kept, and the small files that processes share.

Below the data folder, all of it private to the user that runs us::

    postgres/            ours; as root it may be passed through (0711), but not listed or written
      pgdata/            0700, the server's OS user
      run/               0700, the server's OS user: the socket
      conf/              our settings, written anew at each start, and the user's custom.conf
      users.lock         shared flock of every process that uses the server
      supervisor.lock    exclusive flock of the supervisor
      start.lock         exclusive flock of the process that is starting a supervisor
      state.json         what the supervisor says about itself
      postgres.log       what the server says (and one older postgres.log.1)

A flock goes when its process does, however that ends. That is why nothing here has to be cleaned
up after a ``kill -9``.
"""

import fcntl
import hashlib
import json
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from telemetry.postgres.osuser import OSUser, is_root
from telemetry.postgres.problem import PostgresProblem

PORT = 5432
ROLE = "telemetry"
DATABASE = "telemetry"

# The kernel's limit for a socket's address is 104 bytes (BSD, macOS) or 108 (Linux).
MAX_SOCKET_FOLDER = 103 - len(f"/.s.PGSQL.{PORT}.lock")

_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class State:
    """What the supervisor last said. Only true while it holds its lock."""

    state: str  # "starting", "ready" or "stopping"
    supervisor: int
    postmaster: int = 0
    host: str = ""
    os_user: str = ""
    bin_dir: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    data_dir: Path

    @property
    def root(self) -> Path:
        return self.data_dir / "postgres"

    @property
    def pgdata(self) -> Path:
        return self.root / "pgdata"

    @property
    def conf(self) -> Path:
        return self.root / "conf"

    @property
    def log(self) -> Path:
        return self.root / "postgres.log"

    @property
    def users_lock(self) -> Path:
        return self.root / "users.lock"

    @property
    def supervisor_lock(self) -> Path:
        return self.root / "supervisor.lock"

    @property
    def start_lock(self) -> Path:
        return self.root / "start.lock"

    @property
    def state(self) -> Path:
        return self.root / "state.json"

    def make(self) -> None:
        """Make the data folder and ours below it. Touches nothing that is there already."""
        try:
            make_data_dir(self.data_dir)
            _make_folder(self.root)
        except OSError as error:
            raise PostgresProblem(
                f"Cannot make the data folder {self.root}: {error.strerror}",
                "Set TELEMETRY_DATA_DIR to a folder that you may write to, or set DATABASE_URL.",
            ) from error

    def read_state(self) -> State | None:
        try:
            return State(**json.loads(self.state.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def write_state(self, state: State) -> None:
        write_file(self.state, json.dumps(asdict(state)))

    def supervisor_is_alive(self) -> bool:
        try:
            descriptor = os.open(self.supervisor_lock, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            return not try_flock(descriptor, fcntl.LOCK_SH)
        finally:
            os.close(descriptor)


def make_data_dir(path: Path) -> None:
    """Make the data folder, if it is missing, so that nobody else can read what is in it.

    Made by root, it can be passed through (0711): the server, which does not run as root, has its
    own folder below. Missing parents are made as ``mkdir -p`` makes them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _make_folder(path)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(0o700)
    except FileExistsError:
        return
    if is_root():
        owner = path.parent.stat()
        if path.name == "postgres" and owner.st_uid:  # root at work in somebody's data folder
            os.chown(path, owner.st_uid, owner.st_gid)
        else:
            path.chmod(0o711)


def open_private(path: Path, flags: int) -> int:
    """Open a file that only we (or the folder's owner, if we are root) may read; make it so."""
    options = flags | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, options | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, options)
    if is_root() and (owner := path.parent.stat()).st_uid:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def open_lock(path: Path) -> int:
    try:
        return open_private(path, os.O_RDWR)
    except OSError as error:
        raise PostgresProblem(
            f"Cannot open {path}: {error.strerror}",
            "Run this as the user that made the data folder, or set TELEMETRY_DATA_DIR.",
        ) from error


def is_open_file(descriptor: int, path: Path) -> bool:
    """Whether `path` still is the file that was opened, and not removed or another one."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def write_file(path: Path, text: str) -> None:
    """Replace a file as a whole, so that no reader ever sees half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = open_private(temporary, os.O_WRONLY)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)


def try_flock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_flock(descriptor: int, kind: int, deadline: float) -> bool:
    """Take a lock until `deadline` (of the monotonic clock). Polls: a blocking wait has no end."""
    while not try_flock(descriptor, kind):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


@contextmanager
def exclusive(path: Path, deadline: float) -> Iterator[bool]:
    """Hold a lock file for a while; yields whether it was had in time."""
    descriptor = open_lock(path)
    try:
        yield wait_flock(descriptor, fcntl.LOCK_EX, deadline)
    finally:
        os.close(descriptor)


def make_socket_folder(layout: Layout, user: OSUser) -> Path:
    """The folder of the socket: beside the data, unless that makes the address too long.

    Then it is a short one in the temporary folder. Anybody may make folders there, so a folder
    that was there before is used only if it is the server's own and nobody else can enter it.
    """
    folder = layout.root / "run"
    if len(os.fsencode(folder)) <= MAX_SOCKET_FOLDER and "," not in str(folder):
        return _own(folder, user)
    digest = hashlib.sha256(os.fsencode(layout.data_dir)).hexdigest()[:12]
    base = Path("/tmp") if is_root() else Path(os.environ.get("XDG_RUNTIME_DIR") or "/tmp")  # noqa: S108
    if not os.access(base, os.W_OK | os.X_OK) or len(os.fsencode(base)) > MAX_SOCKET_FOLDER - 40:
        base = Path(tempfile.gettempdir())
    try:
        return _own(base / f"telemetry-{user.uid}-{digest}", user)
    except PostgresProblem:  # somebody sits on that name
        return _own(Path(tempfile.mkdtemp(prefix=f"telemetry-{user.uid}-", dir=base)), user)


def _own(folder: Path, user: OSUser) -> Path:
    """Make `folder` 0700 for `user`, or see that it is."""
    with suppress(FileExistsError):
        folder.mkdir(0o700)
    status = os.lstat(folder)
    if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() != user.uid:
        os.chown(folder, user.uid, user.gid, follow_symlinks=False)
        status = os.lstat(folder)
    private = not status.st_mode & 0o077
    if not (stat.S_ISDIR(status.st_mode) and status.st_uid == user.uid and private):
        raise PostgresProblem(f"{folder} is not a folder that only OS user {user.name!r} may enter")
    return folder
