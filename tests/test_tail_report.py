"""tail_minecraft: how far it has come, on a terminal and in a service's log."""

from io import StringIO

import pytest

from sessions_app.tail import report as reporting
from sessions_app.tail.report import Report
from sessions_app.tail.sending import Taken


class Output(StringIO):
    def __init__(self, *, is_terminal):
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self):
        return self._is_terminal

    def write(self, msg, style_func=None, ending="\n"):
        super().write(msg + ending)


@pytest.fixture
def now(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(reporting.time, "monotonic", lambda: now[0])
    return now


def work(report, now, *, seconds, step):
    report.begin(1000)
    report.file("a.log")
    for second in range(0, seconds, step):
        now[0] += step
        report.sent(Taken(lines=step * 1000, new=1, unknown=0))
        report.move(min(1000, 10 * (second + step)))
    report.end()


def test_a_services_log_has_a_line_every_ten_seconds(now):
    out = Output(is_terminal=False)
    work(Report(out), now, seconds=35, step=1)
    assert out.getvalue().splitlines() == [
        "10%  10,000 lines  1,000 lines/s  a.log",
        "20%  20,000 lines  1,000 lines/s  a.log",
        "30%  30,000 lines  1,000 lines/s  a.log",
    ]


def test_a_terminal_has_a_bar_that_goes_at_the_end(now):
    out = Output(is_terminal=True)
    report = Report(out)
    work(report, now, seconds=50, step=1)
    report.say("Done.")
    shown = out.getvalue().split("\r")
    assert "[############............]  50%  50,000 lines  1,000 lines/s  a.log" in shown
    assert shown[-1] == "Done.\n"
    assert not shown[-2].strip()


def test_quiet_says_nothing(now):
    out = Output(is_terminal=True)
    report = Report(out, is_quiet=True)
    work(report, now, seconds=50, step=1)
    report.sum_up()
    assert not out.getvalue()
