"""Countly: `/i`, `/i/bulk` and `/o`, as its servers of 2012 and its SDKs of today have them."""

from sessions_app.dialects.countly.urls import HOT_ROUTES, urlpatterns

__all__ = ["HOT_ROUTES", "urlpatterns"]
