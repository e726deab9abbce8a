from django.apps import AppConfig


class StatsConfig(AppConfig):
    name = "stats_app"
    verbose_name = "Stats"
