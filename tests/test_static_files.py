"""Static files are collected at a start only where they are not those of the last time."""

import os

import pytest
from django.conf import settings as real

from telemetry.static_files import collect_static

HASHED = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}


@pytest.fixture
def source(settings, tmp_path):
    """A folder of sources, the only one."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "page.css").write_text("a { color: red }")
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = {**real.STORAGES, "staticfiles": HASHED}
    return folder


def collected(settings):
    """What pages are served: the files with a hash in their names."""
    return sorted(path.read_text() for path in settings.STATIC_ROOT.glob("page.*.css"))


def test_the_first_start_collects_and_the_next_does_not(source, settings):
    assert collect_static()
    assert collected(settings) == ["a { color: red }"]
    assert not collect_static()


def test_a_change_is_collected(source, settings):
    collect_static()
    (source / "page.css").write_text("a { color: blue }")
    assert collect_static()
    assert "a { color: blue }" in collected(settings)
    assert not collect_static()


def test_a_change_of_the_same_size_is_seen_by_its_time(source, settings):
    collect_static()
    (source / "page.css").write_text("a { color: tan }")
    os.utime(source / "page.css", (1, 1))
    assert collect_static()
    assert "a { color: tan }" in collected(settings)


def test_a_new_file_and_one_that_is_gone_are_changes(source):
    collect_static()
    (source / "more.css").write_text("")
    assert collect_static()
    (source / "more.css").unlink()
    assert collect_static()


def test_another_way_to_store_is_a_change(source, settings):
    collect_static()
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    assert collect_static()


def test_a_folder_that_was_emptied_is_filled_again(source, settings):
    collect_static()
    for path in settings.STATIC_ROOT.iterdir():
        path.unlink()
    assert collect_static()
    assert collected(settings)


def test_what_a_killed_start_has_begun_is_finished_by_the_next(source, settings, monkeypatch):
    collect_static()
    (source / "page.css").write_text("a { color: blue }")
    with monkeypatch.context() as patch:
        patch.setattr("telemetry.static_files.call_command", killed)
        with pytest.raises(KeyboardInterrupt):
            collect_static()
    (source / "page.css").write_text("a { color: red }")  # as it had been
    assert collect_static()


def killed(*_, **__):
    raise KeyboardInterrupt
