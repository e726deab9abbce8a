"""Every URL of the server; the one place, besides ``asgi``, that knows all apps."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from devices_app import public
from devices_app.api import DeviceViewSet
from devices_app.dialects import heartbeat
from sessions_app.api import EventViewSet, PlayerViewSet, SessionViewSet
from sessions_app.dialects import countly, mccoal, tstats
from sessions_app.dialects.countly import read_urls as countly_reads
from sessions_app.usage_api import UsageViewSet
from stats_app.api import StatViewSet
from stats_app.dialects import stathat
from telemetry import views
from telemetry.door.urls import urls_of
from telemetry.rejected.api import RejectedViewSet
from telemetry.rejected.views import rejected_clear, rejected_list

router = SimpleRouter()
router.trailing_slash = "/?"  # a redirect would turn a client's POST into a GET
router.register("stats", StatViewSet, basename="stat")
router.register("devices", DeviceViewSet, basename="device")
router.register("sessions", SessionViewSet, basename="session")
router.register("events", EventViewSet, basename="event")
router.register("players", PlayerViewSet, basename="player")
router.register("usage", UsageViewSet, basename="usage")
router.register("rejected", RejectedViewSet, basename="rejected")

handler404 = "telemetry.views.not_found"
handler500 = "telemetry.views.server_error"

urlpatterns = [
    *urls_of(stathat.HOT_ROUTES),
    *urls_of(heartbeat.HOT_ROUTES),
    *heartbeat.urlpatterns,
    *tstats.urlpatterns,
    *countly.urlpatterns,
    *mccoal.urlpatterns,
    *countly_reads.urlpatterns,
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("metrics", views.metrics, name="metrics"),
    path("favicon.ico", views.favicon),
    path("accounts/login/", auth_views.LoginView.as_view(), name="login"),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("projects/<slug:slug>/", views.project_overview, name="project"),
    path("projects/<slug:slug>/rejected/", rejected_list, name="rejected"),
    path("projects/<slug:slug>/rejected/clear/", rejected_clear, name="rejected-clear"),
    path("projects/<slug:slug>/stats/", include("stats_app.urls")),
    path("projects/<slug:slug>/devices/", include("devices_app.urls")),
    path("projects/<slug:slug>/", include("sessions_app.urls")),
    path("projects/<slug:slug>/status/", public.status, name="status"),
    *public.urlpatterns,
    path("api/v1/", include(router.urls)),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("admin/", admin.site.urls),
]
