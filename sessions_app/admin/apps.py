"""Apps: their users, who can be looked at and forgotten, and their counters, to be looked at.

Django's admin cannot register models whose primary key has several columns, so they are pages of
the project that they belong to.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from sessions_app.models import App, AppUser
from sessions_app.services.users import forget_user
from sessions_app.usage.words import DIMENSIONS, METRICS, label_of, metrics_of
from sessions_app.usage_listing import (
    SIZES,
    bucket_text,
    counter_page,
    event_counter_page,
    event_keys,
    user_page,
)
from telemetry.admin_base import StaffAdmin


@admin.register(App)
class AppAdmin(StaffAdmin):
    list_display = ["name", "slug", "timezone", "created_at"]
    search_fields = ["name", "slug"]
    fields: ClassVar[list[Any]] = ["name", "slug", "timezone", "country", "category"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    has_change_permission = has_delete_permission = has_add_permission

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, Callable[..., HttpResponse]] = {
            "users": self.users_view,
            "forget": self.forget_view,
            "counters": self.counters_view,
            "events": self.events_view,
        }
        own = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(view),
                name=f"sessions_app_app_{name}",
            )
            for name, view in pages.items()
        ]
        return [*own, *super().get_urls()]

    def _app(self, request: HttpRequest, pk: int) -> App:
        if not self.has_view_permission(request):
            raise PermissionDenied
        app = App.objects.filter(pk=pk).first() if pk < 2**63 else None
        if app is None:
            raise Http404
        return app

    def users_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The users, by device: ``?q=`` one device's whole id, ``?after=`` those after one."""
        app = self._app(request, pk)
        text = request.GET.get("q", "")
        page = user_page(app, device_id=text, after=request.GET.get("after"))
        return self.own_page(
            request,
            "users",
            f"Users of {app}",
            app=app,
            q=text,
            rows=[(user, _metrics(user)) for user in page.rows],
            is_later="after" in request.GET,
            after=page.rows[-1].device_id if page.more else None,
        )

    def forget_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether the user of ``?device=`` is to be forgotten, and do it."""
        app = self._app(request, pk)
        device_id = request.GET.get("device", "")
        found = user_page(app, device_id=device_id).rows if device_id else []
        if not found:
            raise Http404
        if request.method == "POST":
            if forget_user(project=app, device_id=device_id):
                self.log_change(request, app, f"Forgot the user of the device {device_id[:100]}.")
                self.message_user(request, f"The user of the device {device_id} is forgotten.")
            return redirect(reverse("admin:sessions_app_app_users", args=[app.pk]))
        (user,) = found
        return self.own_page(
            request,
            "forget",
            "Forget a user",
            app=app,
            user_row=user,
        )

    def counters_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Counters as they are stored, newest first: ``?dimension=`` and ``?size=``."""
        app = self._app(request, pk)
        word, size = request.GET.get("dimension", "sessions"), request.GET.get("size", "day")
        if word not in DIMENSIONS or size not in SIZES:
            raise Http404
        dimension = DIMENSIONS[word]
        page = counter_page(app, dimension, size, after=_place(request))
        return self.own_page(
            request,
            "counters",
            f"Counters of {app}",
            app=app,
            word=word,
            words=list(DIMENSIONS),
            size=size,
            sizes=list(SIZES),
            rows=[
                (row, bucket_text(row.bucket), label_of(dimension, row.value)) for row in page.rows
            ],
            after=page.rows[-1] if page.more else None,
        )

    def events_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Counters of events: ``?event=``, ``?segment=`` and ``?size=``."""
        app = self._app(request, pk)
        event, segment = request.GET.get("event", ""), request.GET.get("segment", "")
        size = request.GET.get("size", "day")
        if size not in SIZES:
            raise Http404
        page = event_counter_page(app, event, segment, size, after=_place(request))
        return self.own_page(
            request,
            "events",
            f"Event counters of {app}",
            app=app,
            event=event,
            events=event_keys(app),
            segment=segment,
            size=size,
            sizes=[name for name in SIZES if name != "week"],
            rows=[(row, bucket_text(row.bucket)) for row in page.rows],
            after=page.rows[-1] if page.more else None,
        )


def _metrics(user: AppUser) -> str:
    told = metrics_of(user)
    return ", ".join(label_of(METRICS[word], value) for word, value in told.items())


def _place(request: HttpRequest) -> tuple[int, str] | None:
    """Where a page begins: after the row of ``?bucket=`` and ``?value=``."""
    text = request.GET.get("bucket", "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        raise Http404
    return int(text), request.GET.get("value", "")
