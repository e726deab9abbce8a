"""The signed link in the e-mail about a new stat. Who has it may destroy that one stat.

It is bound to the stat's key as well as its id, so it dies with the stat; it also ends after
`MAX_AGE`. A signed text can be read by anyone, so of the key there is only a hash in it.
"""

from datetime import timedelta

from django.core import signing
from django.urls import reverse

from stats_app.models import Stat
from telemetry.keys import hash_secret

__all__ = ["MAX_AGE", "destroy_url", "make_destroy_token", "stat_from_token"]

MAX_AGE = timedelta(days=30)
_SALT = "stats_app.destroy"


def make_destroy_token(stat: Stat) -> str:
    return signing.dumps([stat.pk, hash_secret(stat.key)[:16]], salt=_SALT)


def stat_from_token(token: str) -> Stat | None:
    """The stat, with its project, that the link is for; None if there is none or it has expired."""
    try:
        stat_id, key_hash = signing.loads(token, salt=_SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return None
    stat = Stat.objects.select_related("project").filter(pk=stat_id).first()
    return stat if stat and hash_secret(stat.key)[:16] == key_hash else None


def destroy_url(stat: Stat, base_url: str) -> str:
    """The whole link. `base_url`: scheme and host, without a slash at the end."""
    return base_url + reverse("stat-destroy", args=[stat.project.slug, make_destroy_token(stat)])
