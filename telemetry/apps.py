from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class TelemetryConfig(AppConfig):
    name = "telemetry"
    verbose_name = "Projects"

    def ready(self) -> None:
        autodiscover_modules("checks")
