"""The pages of devices, under ``/projects/<slug>/devices/``."""

from django.urls import path

from devices_app import views

urlpatterns = [
    path("", views.board, name="devices"),
    path("new/", views.device_new, name="device-new"),
    path("status-page/", views.status_page_switch, name="status-page-switch"),
    path("<int:number>/", views.device, name="device"),
    path("<int:number>/edit/", views.device_edit, name="device-edit"),
    path("<int:number>/token/", views.device_token, name="device-token"),
    path("<int:number>/delete/", views.device_delete, name="device-delete"),
]
