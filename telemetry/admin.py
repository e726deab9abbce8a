"""Management of users, projects, members and access tokens."""

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Field, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.timezone import now

from telemetry import services
from telemetry.admin_base import DeletedByService, StaffAdmin, StaffPermissions, become, show_once
from telemetry.models import AccessToken, Membership, Project, User
from telemetry.rejected.admin import RejectedInputAdmin  # noqa: F401 - registers itself

if TYPE_CHECKING:
    _MembershipsOf = admin.TabularInline[Membership, Any]
    _ProjectForm = forms.ModelForm[Project]
    _TokenForm = forms.ModelForm[AccessToken]
    _UserAdmin = DjangoUserAdmin[User]
else:
    _MembershipsOf = admin.TabularInline
    _ProjectForm = _TokenForm = forms.ModelForm
    _UserAdmin = DjangoUserAdmin

admin.site.site_header = admin.site.site_title = "Telemetry administration"

KEYS = {
    "app_key": "app key",
    "ezkey": "EZ key",
    "ukey": "user key",
    "secret_key": "secret key",
}
# More than a line beside the model would say.
HELP = {
    "slug": "What names it in URLs of pages. Links to its pages change with it.",
    "timezone": "Such as Europe/Berlin. Countly's days and hours are counted in it. A change "
    "counts from then on: what was counted before stays in the days and hours of the old zone.",
    "address_policy": "What is stored of the addresses that sessions come from, from now on: what "
    "is stored already stays. Shortened, 203.0.113.9 is 203.0.113.0, and of IPv6 the first 48 bits "
    "are left. Countries and cities are looked up before, from the whole address.",
    "country": "Two capital letters, such as TR: cities are counted of this country only. Empty: "
    "of all countries.",
    "checksum_salt": "If set, requests of Countly's SDKs are refused unless they carry a checksum "
    "made with this salt; set the same one in the SDKs first. Empty: none is asked for.",
}


class MembershipInline(StaffPermissions, _MembershipsOf):
    model = Membership
    extra = 0
    raw_id_fields: ClassVar[list[str]] = ["user", "project"]


@admin.register(User)
class UserAdmin(_UserAdmin):
    inlines = [MembershipInline]

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        return list(super().get_inlines(request, obj)) if obj else []


class NewProjectForm(_ProjectForm):
    slug = forms.SlugField(
        required=False,
        max_length=60,
        help_text="What names it in URLs; made from the name if empty.",
    )

    class Meta:
        model = Project
        fields = ["name", "slug", "timezone", "read_policy"]

    def clean_name(self) -> str:
        return services.clean_name(self.cleaned_data["name"])


@admin.register(Project)
class ProjectAdmin(DeletedByService, StaffAdmin):
    list_display = ["name", "slug", "read_policy", "is_default", "ez_enabled", "created_at"]
    list_filter: ClassVar[list[Any]] = ["read_policy", "ez_enabled"]
    search_fields = ["name", "slug"]
    readonly_fields = ["is_default", "secret_key", "created_at"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "timezone", "read_policy", "is_default", "created_at"]}),
        ("Sessions", {"fields": ["session_timeout", "address_policy"]}),
        (
            "Countly",
            {
                "description": "For Countly's SDKs and its readers; nothing else looks at these.",
                "fields": ["country", "category", "checksum_salt", "merged_shapes"],
            },
        ),
        ("Keys", {"fields": ["app_key", "ezkey", "ez_enabled", "ukey", "secret_key"]}),
    ]
    inlines = [MembershipInline]
    actions = ["make_default"]

    @admin.display(description="secret key")
    def secret_key(self, obj: Project) -> str:
        return "set; nobody can read it again" if obj.secret_key_hash else "not set"

    @admin.action(description="Make this the default project")
    def make_default(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        projects = list(queryset[:2])
        if len(projects) != 1:
            self.message_user(request, "Select one project.", messages.ERROR)
            return
        services.make_default(project=projects[0])
        self.message_user(request, f"{projects[0]} is the default project now.")

    # Adding: a service makes the project, with all of its keys.

    def get_form(
        self, request: HttpRequest, obj: Project | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = NewProjectForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Project | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": NewProjectForm.Meta.fields})]
        return super().get_fieldsets(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Project | None) -> list[Any]:
        return list(super().get_inlines(request, obj)) if obj else []

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name in KEYS:
            # What counts as a change is what this person changed, not what another has since
            # they opened the page: a key that was rotated meanwhile must not come back.
            kwargs |= {"show_hidden_initial": True, "widget": AdminTextInputWidget}
        if db_field.name in HELP:
            kwargs |= {"help_text": HELP[db_field.name]}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=form.changed_data)
            return
        new = services.create_project(
            name=obj.name,
            slug=obj.slug or None,
            open=obj.read_policy == Project.ReadPolicy.OPEN,
            timezone=obj.timezone,
            managers=[cast("User", request.user)],
        )
        become(obj, new.project)
        secrets = {
            "secret key": new.secret_key,
            "read token": new.read_token,
            "manage token": new.manage_token,
        }
        for label, secret in secrets.items():
            show_once(request, label, secret)

    def delete_rows(self, rows: list[Project]) -> None:
        services.delete_projects(projects=rows)

    def goes_along(self, row: Project) -> str:  # noqa: ARG002
        return "everything that was ever stored for it"

    # Rotating keys

    def get_urls(self) -> list[URLPattern]:
        rotate = path(
            "<int:project_id>/rotate/<slug:key>/",
            self.admin_site.admin_view(self.rotate_view),
            name="telemetry_project_rotate",
        )
        return [rotate, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        extra_context = {**(extra_context or {}), "keys": KEYS}
        return super().change_view(request, object_id, form_url, extra_context)

    def rotate_view(self, request: HttpRequest, project_id: int, key: str) -> HttpResponse:
        """Ask whether a key is to be replaced, and do it; the secret key can be switched off."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        project = Project.objects.filter(pk=project_id).first()
        clears = "clear" in request.POST
        if project is None or key not in KEYS or (clears and key != "secret_key"):
            raise Http404
        if request.method == "POST":
            if clears:
                services.clear_secret_key(project=project)
                self.log_change(request, project, "Switched off the secret key.")
                self.message_user(request, f"Nobody can register devices of {project} any more.")
            else:
                fresh = services.rotate_key(project=project, key=cast("services.KeyName", key))
                self.log_change(request, project, f"Rotated the {KEYS[key]}.")
                show_once(request, KEYS[key], fresh, kept=key != "secret_key")
            return redirect(reverse("admin:telemetry_project_change", args=[project.pk]))
        return self.own_page(
            request,
            "rotate_key",
            f"Rotate the {KEYS[key]}",
            project=project,
            label=KEYS[key],
            can_be_off=key == "secret_key" and project.secret_key_hash,
        )


@admin.register(Membership)
class MembershipAdmin(StaffAdmin):
    list_display = ["user", "project", "role"]
    list_select_related = ["user", "project"]
    list_filter = ["role"]
    search_fields = ["user__username", "user__email", "project__name", "project__slug"]
    raw_id_fields = ["user", "project"]


class NewTokenForm(_TokenForm):
    scopes = forms.MultipleChoiceField(
        choices=AccessToken.Scope.choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = AccessToken
        fields = ["project", "name", "scopes", "expires_at"]

    def clean_name(self) -> str:
        return services.clean_name(self.cleaned_data["name"])

    def clean_expires_at(self) -> Any:
        expires_at = self.cleaned_data["expires_at"]
        if expires_at and expires_at <= now():
            raise ValidationError("That time has passed.")
        return expires_at


@admin.register(AccessToken)
class AccessTokenAdmin(StaffAdmin):
    list_display = ["name", "project", "shown_scopes", "hint", "created_at", "expires_at"]
    list_select_related = ["project"]
    search_fields = ["name", "hint", "project__name", "project__slug"]
    raw_id_fields = ["project"]

    @admin.display(description="scopes")
    def shown_scopes(self, obj: AccessToken) -> str:
        return ", ".join(obj.scopes)

    def get_fields(self, request: HttpRequest, obj: AccessToken | None = None) -> list[Any]:  # noqa: ARG002
        if obj is None:
            return list(NewTokenForm.Meta.fields)
        return ["project", "name", "shown_scopes", "hint", "created_at", "expires_at"]

    def get_readonly_fields(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: AccessToken | None = None,
    ) -> list[Any]:
        return ["project", "shown_scopes", "hint", "created_at"] if obj else []

    def get_form(
        self,
        request: HttpRequest,
        obj: AccessToken | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        if obj is None:
            kwargs["form"] = NewTokenForm
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: AccessToken, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=form.changed_data)
            return
        token, secret = services.create_token(
            project=obj.project, name=obj.name, scopes=obj.scopes, expires_at=obj.expires_at
        )
        become(obj, token)
        show_once(request, "token", secret)
