"""The verbs of apps' users: they can be forgotten."""

from django.db import transaction

from sessions_app.models import AppUser, Event, Player, Session
from telemetry.models import Project

__all__ = ["forget_user"]


def forget_user(*, project: Project, device_id: str) -> bool:
    """Delete a user with the sessions and events; False if there is none.

    What was counted stays, without saying of whom. While this holds the user's row no batch
    writes for that device (it locks that row before anything else); whoever comes after is new.
    """
    if "\0" in device_id:
        return False
    with transaction.atomic():
        users = AppUser.objects.filter(project=project, device_id=device_id)
        user = users.select_for_update().first()
        if user is None:
            return False
        of_player = {"project": project, "player_id": user.player_id}
        Event.objects.filter(**of_player).delete()
        Session.objects.filter(**of_player).delete()
        Player.objects.filter(project=project, pk=user.player_id).delete()
        users.delete()
    return True
