"""Who may do what. The one place that says so, for the API, the pages and the dialects.

A viewer of a project reads it, a manager also changes and deletes, staff manage every project.
To anybody else a project does not exist: they get a 404, as for one that was never made.
"""

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.timezone import now

from telemetry.keys import hash_secret
from telemetry.models import AccessToken, Membership, Project, User

__all__ = [
    # What these functions give, for those who only pass it on.
    "AccessToken",
    "Project",
    "Unauthorized",
    "default_project",
    "find_token",
    "is_staff",
    "manager_addresses",
    "may_manage",
    "may_read",
    "may_see",
    "project_for_managing",
    "project_for_reading",
    "project_of_app_key",
    "project_of_id",
    "project_of_secret_key",
    "project_to_show",
    "projects_of",
    "reads_are_open",
    "registers_devices",
    "role_in",
    "token_in",
]

Somebody = User | AnonymousUser


class Unauthorized(Exception):
    """Whoever asks has to say who they are."""


def is_staff(user: Somebody) -> bool:
    """Whether the user manages the whole server, and so every project."""
    return user.is_active and (user.is_staff or user.is_superuser)


def projects_of(user: Somebody) -> QuerySet[Project]:
    """The projects that the user may read, by name."""
    if is_staff(user):
        return Project.objects.all()
    if not isinstance(user, User) or not user.is_active:
        return Project.objects.none()
    return Project.objects.filter(memberships__user=user)


def role_in(user: Somebody, project: Project) -> Membership.Role | None:
    """What the user is in the project: a manager, a viewer, or nobody (None)."""
    if is_staff(user):
        return Membership.Role.MANAGER
    if not isinstance(user, User) or not user.is_active:
        return None
    role = Membership.objects.filter(user=user, project=project).values_list("role", flat=True)
    found = role.first()
    return Membership.Role(found) if found else None


def may_read(user: Somebody, project: Project) -> bool:
    return role_in(user, project) is not None


def may_manage(user: Somebody, project: Project) -> bool:
    return role_in(user, project) == Membership.Role.MANAGER


def manager_addresses(project: Project) -> list[str]:
    """The e-mail addresses of the project's managers, by user name; of those who have one."""
    managers = User.objects.filter(
        is_active=True,
        memberships__project=project,
        memberships__role=Membership.Role.MANAGER,
    )
    return list(managers.exclude(email="").order_by("username").values_list("email", flat=True))


def project_for_reading(user: Somebody, slug: str) -> Project:
    """The project of a page's URL. Http404 if there is none or the user is nobody in it."""
    project = projects_of(user).filter(slug=slug).first()
    if project is None:
        raise Http404("There is no such project.")
    return project


def project_for_managing(user: Somebody, slug: str) -> Project:
    """As `project_for_reading`; PermissionDenied for those who may only read."""
    project = project_for_reading(user, slug)
    if not may_manage(user, project):
        raise PermissionDenied("Only managers of the project may do this.")
    return project


def find_token(secret: str) -> AccessToken | None:
    """The access token, with its project, that this secret is; None if unknown or expired."""
    tokens = AccessToken.objects.select_related("project").filter(token_hash=hash_secret(secret))
    return tokens.filter(Q(expires_at=None) | Q(expires_at__gt=now())).first()


def project_of_secret_key(secret_key: str) -> Project | None:
    """The project whose heartbeat devices this key registers."""
    if not secret_key:
        return None
    return Project.objects.filter(secret_key_hash=hash_secret(secret_key)).first()


def project_of_app_key(app_key: str) -> Project | None:
    """The project whose TStats and Countly clients send this key."""
    return None if "\0" in app_key else Project.objects.filter(app_key=app_key).first()


def project_of_id(pk: int) -> Project | None:
    """The project of this id, which opens nothing by itself."""
    return Project.objects.filter(pk=pk).first()


def reads_are_open(project: Project) -> bool:
    """Whether whoever has the key or the URL may read."""
    return project.read_policy == Project.ReadPolicy.OPEN


def default_project() -> Project | None:
    """The project that is shown where a dialect's URL names none."""
    return Project.objects.filter(is_default=True).first()


def registers_devices(project: Project | None) -> bool:
    """Whether there is a key that registers the project's devices."""
    return bool(project and project.secret_key_hash)


def token_in(authorization: str) -> AccessToken | None:
    """The access token of an ``Authorization`` header, if it is ``Bearer`` and one we know."""
    scheme, _, secret = authorization.partition(" ")
    return find_token(secret.strip()) if scheme.lower() == "bearer" else None


def may_see(project: Project, *, user: Somebody | None, token: AccessToken | None) -> bool:
    """Whether a dialect's own URLs show the project: to anybody, if its reads are open.

    Else to its members, and to its access tokens with the scope `read`.
    """
    if reads_are_open(project) or (user and may_read(user, project)):
        return True
    return bool(token and token.project_id == project.pk and token.allows(AccessToken.Scope.READ))


def project_to_show(*, slug: str, user: Somebody | None, authorization: str = "") -> Project:
    """The project that a dialect's own URL shows: the default one, or that of ``?project=slug``.

    One whose reads are open is shown to anybody; another to its members, and to an access token
    with the scope `read` (`authorization`: the header, with ``Bearer``). Else Http404 for those
    who said who they are, and ``Unauthorized`` for those who did not, or whose token may not read.
    """
    wanted = Project.objects.filter(slug=slug) if slug else Project.objects.filter(is_default=True)
    project = None if "\0" in slug else wanted.first()
    if project and reads_are_open(project):
        return project
    token = token_in(authorization)
    if project and may_see(project, user=user, token=token):
        return project
    is_of_project = project and token and token.project_id == project.pk
    if not is_of_project and (token or (user and user.is_authenticated) or not (project or slug)):
        raise Http404("There is no such project.")
    raise Unauthorized
