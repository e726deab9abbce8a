"""From one row to another."""

from uuid import UUID

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode


def list_url(model: type[Model], project_id: int, text: UUID | str) -> str:
    """Where the admin lists what `text` finds among the rows of a project."""
    url = reverse(f"admin:sessions_app_{model._meta.model_name}_changelist")
    return f"{url}?{urlencode([('project', str(project_id)), ('q', str(text))])}"


def link(model: type[Model], pk: object, text: object) -> str:
    url = reverse(f"admin:sessions_app_{model._meta.model_name}_change", args=[pk])
    return format_html('<a href="{}">{}</a>', url, text)
