"""The API key of a member: 32 hexadecimal digits, as tools of Countly know it.

It is made of the server's secret key, the user and the hash of their password, so it need not be
stored: only its hash is, once it was asked for, to find whose key it is. Whoever changes their
password (or whose password is hashed anew) has another key from then on.
"""

from dataclasses import dataclass

from django.contrib.auth import authenticate
from django.utils.crypto import constant_time_compare, salted_hmac

from telemetry.access import find_token, is_staff, may_manage, may_read, projects_of
from telemetry.keys import hash_secret
from telemetry.models import AccessToken, Membership, Project, User

__all__ = ["KeyHolder", "Member", "all_members", "issue_api_key", "key_holder"]

_LENGTH = 32


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Whom a key belongs to: a member, or nobody in particular with an access token."""

    user: User | None = None
    token: AccessToken | None = None

    @property
    def is_admin(self) -> bool:
        """Whether every project is theirs."""
        return self.user is not None and is_staff(self.user)

    def may_read(self, project: Project) -> bool:
        return self._may(project, AccessToken.Scope.READ) or (
            self.user is not None and may_read(self.user, project)
        )

    def may_manage(self, project: Project) -> bool:
        return self._may(project, AccessToken.Scope.MANAGE) or (
            self.user is not None and may_manage(self.user, project)
        )

    def _may(self, project: Project, scope: str) -> bool:
        token = self.token
        return token is not None and token.project_id == project.pk and token.allows(scope)

    def projects(self) -> tuple[list[Project], list[Project]]:
        """Those that may be managed, and those that may be read."""
        if self.token:
            own = [self.token.project]
            return (
                [project for project in own if self.may_manage(project)],
                [project for project in own if self.may_read(project)],
            )
        if self.user is None:
            return [], []
        readable = list(projects_of(self.user))
        if self.is_admin:
            return readable, readable
        managed = Membership.objects.filter(user=self.user, role=Membership.Role.MANAGER)
        ids = set(managed.values_list("project_id", flat=True))
        return [project for project in readable if project.pk in ids], readable


@dataclass(frozen=True, slots=True)
class Member:
    """A user as others see them: the ids of the projects that they manage, and may read."""

    user: User
    is_admin: bool
    managed: list[int]
    readable: list[int]


def all_members() -> list[Member]:
    """All users of the server, by name. Every project is an administrator's: none is listed."""
    found = []
    for user in User.objects.order_by("username").prefetch_related("memberships"):
        memberships = [(each.project_id, each.role) for each in user.memberships.all()]
        managed = [pk for pk, role in memberships if role == Membership.Role.MANAGER]
        found.append(Member(user, is_staff(user), managed, [pk for pk, _ in memberships]))
    return found


def issue_api_key(*, username: str, password: str) -> str | None:
    """The key of whoever knows this password, which is good from now on; None for nobody."""
    if not username or not password or "\0" in username:
        return None
    user = authenticate(username=username, password=password)
    return api_key_of(user) if isinstance(user, User) else None


def api_key_of(user: User) -> str:
    """The user's key, which is good from now on."""
    key = _made_of(user)
    stored = hash_secret(key)
    if user.api_key_hash != stored:
        User.objects.filter(pk=user.pk).update(api_key_hash=stored)
        user.api_key_hash = stored
    return key


def key_holder(secret: str) -> KeyHolder | None:
    """Whose key this is, or whose access token."""
    if len(secret) != _LENGTH:
        token = find_token(secret)
        return KeyHolder(token=token) if token else None
    user = User.objects.filter(api_key_hash=hash_secret(secret), is_active=True).first()
    if user is None or not constant_time_compare(_made_of(user), secret):
        return None
    return KeyHolder(user=user)


def _made_of(user: User) -> str:
    made = salted_hmac("telemetry.api_key", f"{user.pk} {user.password}", algorithm="sha256")
    return made.hexdigest()[:_LENGTH]
