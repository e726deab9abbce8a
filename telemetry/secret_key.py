"""The installation's secret key, made once and kept in the data folder."""

import os
import secrets
from pathlib import Path

from telemetry.data_dir import make_data_dir


def load_or_create_secret_key(data_dir: Path) -> str:
    """The key in ``<data_dir>/secret_key`` (mode 0600), which is made if there is none.

    Several processes may start at once: the first to link its file in place wins, and all return
    the same key. Raises ``OSError`` when the folder cannot be written.
    """
    path = data_dir / "secret_key"
    try:
        key = path.read_text().strip()
    except FileNotFoundError:
        key = ""
    if key:
        return key
    make_data_dir(data_dir)
    path.unlink(missing_ok=True)  # an empty file, left by a full disk
    draft = path.with_name(f"secret_key.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(50))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()
