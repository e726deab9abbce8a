"""The file of countries may come, go and change while the server runs."""

import os
import shutil
from pathlib import Path

import pytest
from django.core.checks import run_checks

from telemetry import geo
from telemetry.geo import locate
from tests.server import running_server
from tests.test_geo import FILES

CITIES, COUNTRIES = FILES / "GeoLite2-City-Test.mmdb", FILES / "GeoLite2-Country-Test.mmdb"
LONDON = "81.2.69.142"


@pytest.fixture
def file(tmp_path, settings):
    path = tmp_path / "cities.mmdb"
    settings.GEOIP_DATABASE = str(path)
    return path


@pytest.fixture
def clock(monkeypatch):
    """Seconds, as ``locate`` sees them pass."""
    seconds = [1000.0]
    monkeypatch.setattr(geo, "monotonic", lambda: seconds[0])
    return seconds


def rename_into_place(source: Path, path: Path) -> None:
    draft = path.with_suffix(".new")
    shutil.copyfile(source, draft)
    draft.rename(path)


def test_a_new_file_is_taken_up_within_a_minute(file, clock):
    shutil.copyfile(CITIES, file)
    assert locate(LONDON) == ("GB", "London")
    rename_into_place(COUNTRIES, file)
    clock[0] += 59
    assert locate(LONDON) == ("GB", "London")
    clock[0] += 1
    assert locate(LONDON) == ("GB", "")


def test_a_file_that_comes_later_is_taken_up(file, clock, caplog):
    assert locate(LONDON) == ("", "")
    clock[0] += 60
    assert locate(LONDON) == ("", "")
    shutil.copyfile(CITIES, file)
    clock[0] += 60
    assert locate(LONDON) == ("GB", "London")
    (line,) = caplog.messages
    assert line == f"GEOIP_DATABASE: {file} cannot be read: No such file or directory."


@pytest.mark.parametrize("harm", ["cut short", "nonsense", "gone"])
def test_what_was_read_stays_in_use_until_there_is_something_better(file, clock, caplog, harm):
    shutil.copyfile(CITIES, file)
    assert locate(LONDON) == ("GB", "London")
    if harm == "cut short":  # a download in place, which has just begun
        os.truncate(file, 1000)
    elif harm == "nonsense":
        file.write_text("<html>404</html>")
    else:
        file.unlink()
    for _ in range(3):
        clock[0] += 60
        assert locate(LONDON) == ("GB", "London")
        assert locate("2001:480::1") == ("US", "San Diego"), "not looked up before"
    assert len(caplog.messages) == 1
    assert str(file) in caplog.text
    rename_into_place(COUNTRIES, file)
    clock[0] += 60
    assert locate(LONDON) == ("GB", "")


def test_a_process_that_was_forked_looks_up_as_well(file):
    shutil.copyfile(CITIES, file)
    assert locate(LONDON) == ("GB", "London")
    rename_into_place(COUNTRIES, file)
    child = os.fork()
    if not child:
        os._exit(locate(LONDON) != ("GB", ""))
    assert os.waitpid(child, 0)[1] == 0
    assert locate(LONDON) == ("GB", "London")


def test_the_copy_that_is_read_is_seen_by_nobody(file, settings, tmp_path):
    settings.TELEMETRY_DATA_DIR = tmp_path / "var"
    shutil.copyfile(CITIES, file)
    assert locate(LONDON) == ("GB", "London")
    assert list(settings.TELEMETRY_DATA_DIR.iterdir()) == []


def warnings():
    found = run_checks(include_deployment_checks=True)
    return [message.msg for message in found if message.id == "telemetry.W002"]


@pytest.mark.django_db
def test_a_check_tells_in_one_line_why_there_will_be_no_countries(file):
    assert warnings() == [f"GEOIP_DATABASE: {file} cannot be read: No such file or directory."]
    file.write_text("<html>404</html>")
    (line,) = warnings()
    assert line.startswith(f"GEOIP_DATABASE: {file} cannot be read: ")
    assert "\n" not in line
    shutil.copyfile(FILES / "GeoLite2-ASN-Test.mmdb", file)
    assert warnings() == [f"GEOIP_DATABASE: {file} holds no countries."]
    for good in (CITIES, COUNTRIES):
        shutil.copyfile(good, file)
        assert warnings() == []


@pytest.mark.django_db
def test_no_database_is_nothing_to_warn_of(settings):
    settings.GEOIP_DATABASE = ""
    assert warnings() == []


def test_the_server_starts_without_its_file_and_says_so_in_one_line(tmp_path):
    path = tmp_path / "cities.mmdb"
    with running_server(workers=1, GEOIP_DATABASE=str(path)) as server:
        (line,) = [line for line in server.output().splitlines() if "GEOIP" in line]
    reason = "cannot be read: No such file or directory. Countries stay unknown."
    assert line == f"GEOIP_DATABASE: {path} {reason}"
