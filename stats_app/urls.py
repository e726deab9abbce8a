"""The stats pages, under ``/projects/<slug>/stats/``."""

from django.urls import path

from stats_app import views

urlpatterns = [
    path("", views.stat_list, name="stats"),
    path("<int:stat_id>/", views.stat_page, name="stat-page"),
    path("<int:stat_id>/data", views.stat_data, name="stat-data"),
    path("<int:stat_id>/edit/", views.stat_edit, name="stat-edit"),
    path("<int:stat_id>/delete/", views.stat_delete, name="stat-delete"),
    path("destroy/<str:token>/", views.stat_destroy, name="stat-destroy"),
]
