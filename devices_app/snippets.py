"""How to make a machine beat: lines to paste, for each way in which it can be told the time."""

import json
import shlex

from telemetry.pages import Snippet

__all__ = ["beating", "registering"]


def registering(base_url: str, secret_key: str = "YOUR_SECRET_KEY") -> str:  # noqa: S107
    """The line that registers a device by the original's API."""
    body = json.dumps({"name": "Laptop"})
    return (
        f"curl -X POST -H 'Authorization: {secret_key}' -H 'Content-Type: application/json'"
        f" -d '{body}' {shlex.quote(base_url + '/api/devices')}"
    )


def beating(base_url: str, token: str = "YOUR_TOKEN") -> list[Snippet]:  # noqa: S107
    """How a device beats every minute."""
    url = f"{base_url}/api/beat"
    curl = f"curl -fsS -m 10 -X POST -H 'Authorization: {token}' {shlex.quote(url)}"
    return [
        Snippet("Once, to try it", curl, "It answers with the time of the beat."),
        Snippet("cron", f"* * * * * {curl} >/dev/null", "A line for “crontab -e”."),
        Snippet(
            "systemd timer",
            _systemd(curl),
            "Paste it into a shell, without root. It beats while you are signed in; after"
            " “loginctl enable-linger” always.",
        ),
        Snippet(
            "Windows Task Scheduler",
            _windows(f'-s -m 10 -X POST -H "Authorization: {token}" {url}'),
            "Paste it into PowerShell, on Windows 10 or newer. It beats on battery, too.",
        ),
    ]


def _windows(arguments: str) -> str:
    """By schtasks, a task would not run on battery."""
    return f"""\
$do = New-ScheduledTaskAction -Execute curl.exe -Argument '{arguments}'
$when = New-ScheduledTaskTrigger -Once -At (Get-Date) -RepetitionInterval (New-TimeSpan -Minutes 1)
$how = New-ScheduledTaskSettingsSet -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries
Register-ScheduledTask Heartbeat -Action $do -Trigger $when -Settings $how -Force"""


def _systemd(curl: str) -> str:
    return f"""\
mkdir -p ~/.config/systemd/user
install -m 600 /dev/stdin ~/.config/systemd/user/heartbeat.service <<'END'
[Service]
Type=oneshot
ExecStart={curl}
END
cat > ~/.config/systemd/user/heartbeat.timer <<'END'
[Timer]
OnCalendar=minutely
AccuracySec=5s
[Install]
WantedBy=timers.target
END
systemctl --user enable --now heartbeat.timer"""
