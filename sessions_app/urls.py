"""The pages of sessions, servers and apps, under ``/projects/<slug>/``."""

from django.urls import path, re_path

from sessions_app import app_views, event_views, server_views, views

urlpatterns = [
    path("sessions/", views.session_list, name="sessions"),
    re_path(
        r"^sessions/export\.(?P<kind>csv|ndjson)$", views.session_export, name="session-export"
    ),
    path("sessions/<uuid:session_id>/", views.session, name="session"),
    path("app/", app_views.app, name="app"),
    path("app/audience/", app_views.audience, name="app-audience"),
    path("app/events/", event_views.events, name="app-events"),
    # The key is in the query: it may be any text, with slashes or whatever.
    path("app/event/", event_views.event, name="app-event"),
    path("servers/", server_views.server_list, name="servers"),
    path("servers/new/", server_views.server_new, name="server-new"),
    path("servers/<int:pk>/", server_views.server, name="server"),
    path("servers/<int:pk>/edit/", server_views.server_edit, name="server-edit"),
    path("servers/<int:pk>/secret/", server_views.server_secret, name="server-secret"),
    path("servers/<int:pk>/delete/", server_views.server_delete, name="server-delete"),
]
