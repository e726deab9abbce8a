"""Published clients of other people, installed as their registries hand them out."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.server import ROOT

CLIENTS = ROOT / "tests" / "clients"


def installed(name, manifests, command):
    """A folder with the packages of `manifests`, installed once for each state of them."""
    content = b"".join((CLIENTS / name / file).read_bytes() for file in manifests)
    version = hashlib.sha256(content + sys.version.encode()).hexdigest()[:12]
    folder = ROOT / "build" / "clients" / f"{name}-{version}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run side by side
        if not (folder / "complete").exists():
            _install(name, folder, manifests, command)
    return folder


def _install(name, folder, manifests, command):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in manifests:
        shutil.copy(CLIENTS / name / file, folder)
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=150)
    except (OSError, subprocess.SubprocessError) as error:
        output = (getattr(error, "stderr", None) or b"").decode(errors="replace")
        pytest.skip(f"the {name} clients could not be installed: {error} {output[-500:]}")
    (folder / "complete").touch()


def node_packages():
    """Node's, for ``NODE_PATH``: its folder ``node_modules``."""
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    return installed("node", ["package.json", "package-lock.json"], command)


def python_packages():
    """Python's, for ``PYTHONPATH``."""
    command = [sys.executable, "-m", "pip", "install", "-r", "requirements.txt", "--target", "."]
    os.environ["PIP_CONSTRAINT"] = "constraints.txt"  # reaches the builds, as no option does
    try:
        return installed("python", ["requirements.txt", "constraints.txt"], command)
    finally:
        del os.environ["PIP_CONSTRAINT"]


def run(command, *, given="", **env):
    """The JSON that a client's script prints."""
    done = subprocess.run(
        command,
        check=False,
        input=given,
        env={**os.environ, "no_proxy": "", "NO_PROXY": "", **env},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout else None
