"""The verbs of tenancy: make projects and tokens, rotate keys, prepare an empty server.

What cannot be done is a Django ``ValidationError`` whose message is meant for people. Plaintext
secrets are in what these functions return and nowhere else.
"""

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils.text import slugify
from django.utils.timezone import now

from telemetry.deletion import delete_projects_and_all
from telemetry.keys import hash_secret, new_key, new_token, token_hint
from telemetry.models import AccessToken, Membership, Project, User

__all__ = [
    "Bootstrapped",
    "KeyName",
    "NewAdmin",
    "NewProject",
    "bootstrap",
    "clean_name",
    "clear_secret_key",
    "create_project",
    "create_token",
    "delete_projects",
    "key_names",
    "make_default",
    "rotate_key",
]

KeyName = Literal["app_key", "ezkey", "ukey", "secret_key"]

# An arbitrary number of ours: whoever holds this advisory lock decides about the default project.
_DEFAULTS_LOCK = 7_370_240_001
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SLUG_LENGTH = 60


@dataclass(frozen=True, slots=True)
class NewProject:
    """A project and those of its secrets that nobody can ever read again."""

    project: Project
    secret_key: str
    read_token: str
    manage_token: str


@dataclass(frozen=True, slots=True)
class NewAdmin:
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """What `bootstrap` made; None for what was there before."""

    project: NewProject | None
    admin: NewAdmin | None


def create_project(
    *,
    name: str,
    slug: str | None = None,
    open: bool = False,  # noqa: A002 - the word that the command and the settings use
    default: bool = False,
    timezone: str = "UTC",
    country: str = "",
    managers: Iterable[User] = (),
) -> NewProject:
    """Make a project with all its keys and two access tokens, “read” and “manage”.

    Without a `slug` one is made from the name. `open`: its reads need no token. `default`: it is
    the default project from now on, instead of whichever was. `country`: whose cities are counted;
    empty: of all. `managers` manage it and get its e-mails.
    """
    name = clean_name(name)
    secret = new_key()
    project = Project(
        name=name,
        timezone=timezone,
        country=country.upper(),
        read_policy=Project.ReadPolicy.OPEN if open else Project.ReadPolicy.TOKEN,
        is_default=default,
        secret_key_hash=hash_secret(secret),
    )
    with transaction.atomic():
        # One at a time, so that neither a slug nor the default flag is taken in between.
        _lock_defaults()
        project.slug = _free_slug(name) if slug is None else slug
        if default:
            Project.objects.filter(is_default=True).update(is_default=False)
        project.full_clean()
        project.save()
        _, read = create_token(project=project, name="read", scopes=["read"])
        _, manage = create_token(project=project, name="manage", scopes=["manage"])
        for manager in managers:
            _add_manager(project, manager)
    return NewProject(project=project, secret_key=secret, read_token=read, manage_token=manage)


def make_default(*, project: Project) -> None:
    """Make this the default project, instead of whichever was."""
    with transaction.atomic():
        _lock_defaults()
        Project.objects.filter(is_default=True).exclude(pk=project.pk).update(is_default=False)
        if not Project.objects.filter(pk=project.pk).update(is_default=True):
            raise ValidationError("That project is gone.")
    project.is_default = True


def delete_projects(*, projects: Iterable[Project]) -> int:
    """Delete projects with everything that was ever stored for them; returns how many there were.

    Their keys are refused from the moment that is committed, and nothing that was on its way then
    is left behind.
    """
    return delete_projects_and_all([project.pk for project in projects])


def rotate_key(*, project: Project, key: KeyName) -> str:
    """Replace one of the project's keys and return the new one.

    The old key is refused from the next request on, in every process: each looks keys up in the
    database. `project` carries the new key (of the secret key: its hash) when this returns.
    """
    if key not in key_names():
        raise ValidationError(f"There is no key “{key}”, only {', '.join(key_names())}.")
    fresh = new_key()
    column, stored = (
        ("secret_key_hash", hash_secret(fresh)) if key == "secret_key" else (key, fresh)
    )
    if not Project.objects.filter(pk=project.pk).update(**{column: stored}):
        raise ValidationError("That project is gone.")
    setattr(project, column, stored)
    return fresh


def clear_secret_key(*, project: Project) -> None:
    """Leave the project without a secret key: nobody can register its devices until it is rotated.

    Devices that are registered go on beating.
    """
    if not Project.objects.filter(pk=project.pk).update(secret_key_hash=""):
        raise ValidationError("That project is gone.")
    project.secret_key_hash = ""


def key_names() -> tuple[str, ...]:
    """The keys that a project has, as `rotate_key` wants to hear them."""
    return get_args(KeyName)


def create_token(
    *, project: Project, name: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> tuple[AccessToken, str]:
    """Make an access token. The second of the pair is its plaintext, which is kept nowhere."""
    known = [scope.value for scope in AccessToken.Scope]
    unknown = sorted(set(scopes) - set(known))
    if unknown or not scopes:
        problem = f"There is no scope “{unknown[0]}”." if unknown else "A token needs a scope."
        raise ValidationError({"scopes": f"{problem} Scopes are {', '.join(known)}."})
    if expires_at is not None and expires_at <= now():
        raise ValidationError({"expires_at": "That time has passed."})
    # The scope that allows most names the token.
    kind = next(scope for scope in ("manage", "write", "read", "agent") if scope in scopes)
    secret = new_token(kind)
    token = AccessToken(
        project=project,
        name=clean_name(name),
        scopes=[scope for scope in known if scope in scopes],
        token_hash=hash_secret(secret),
        hint=token_hint(secret),
        expires_at=expires_at,
    )
    token.full_clean()
    try:
        with transaction.atomic():
            token.save()
    except IntegrityError as error:
        raise ValidationError("That project is gone.") from error
    return token, secret


def bootstrap(*, admin_email: str = "") -> Bootstrapped | None:
    """Prepare an empty server: an open default project, and an administrator “admin”.

    The administrator also is a manager of the default project, whose e-mails then reach somebody.
    Each is made only if there is no project, or no user, at all; None if nothing was missing.
    Processes that start together may all call this: one of them makes what is missing.
    """
    if Project.objects.exists() and User.objects.exists():
        return None
    with transaction.atomic():
        _lock_defaults()
        project = admin = None
        if not Project.objects.exists():
            project = create_project(name="Default", slug="default", open=True, default=True)
        if not User.objects.exists():
            admin = NewAdmin(username="admin", password=secrets.token_urlsafe(12))
            user = User.objects.create_superuser(admin.username, admin_email, admin.password)
            default = Project.objects.filter(is_default=True).first()
            if default:
                _add_manager(default, user)
    return Bootstrapped(project=project, admin=admin) if project or admin else None


def _add_manager(project: Project, user: User) -> None:
    Membership.objects.create(project=project, user=user, role=Membership.Role.MANAGER)


def _lock_defaults() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_DEFAULTS_LOCK])


def clean_name(name: str) -> str:
    """`name` in one line without spaces to spare; ValidationError if that is no name."""
    name = " ".join(name.split())
    if not name:
        raise ValidationError("A name is needed.")
    if _UNPRINTABLE.search(name):
        raise ValidationError("A name cannot have control characters.")
    return name


def _free_slug(name: str) -> str:
    """A slug for `name` that no project has: “lab”, else “lab-2”, and so on."""
    base = slugify(name)[:_SLUG_LENGTH].strip("-_") or "project"
    stem = base[: _SLUG_LENGTH - 10].rstrip("-_")
    taken = set(Project.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    if base not in taken:
        return base
    return next(slug for n in range(2, len(taken) + 3) if (slug := f"{stem}-{n}") not in taken)
