"""The pages of sessions and servers, under ``/projects/<slug>/``."""

from django.urls import path, re_path

from sessions_app import server_views, views

urlpatterns = [
    path("sessions/", views.session_list, name="sessions"),
    re_path(
        r"^sessions/export\.(?P<kind>csv|ndjson)$", views.session_export, name="session-export"
    ),
    path("sessions/<uuid:session_id>/", views.session, name="session"),
    path("servers/", server_views.server_list, name="servers"),
    path("servers/new/", server_views.server_new, name="server-new"),
    path("servers/<int:pk>/", server_views.server, name="server"),
    path("servers/<int:pk>/edit/", server_views.server_edit, name="server-edit"),
    path("servers/<int:pk>/secret/", server_views.server_secret, name="server-secret"),
    path("servers/<int:pk>/delete/", server_views.server_delete, name="server-delete"),
]
