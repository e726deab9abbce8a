"""The forms of the devices pages."""

from django import forms
from django.db.models import QuerySet

from devices_app.models import MAX_NAME, Device
from devices_app.selectors import devices_of
from devices_app.state import State
from telemetry.models import Project

__all__ = ["DeviceFilterForm", "DeviceForm"]

_STATES = {
    State.ACTIVE: "active",
    State.AWAY: "away",
    State.MISSING: "missing for 2 days or more",
    State.NEVER: "never seen",
}


class DeviceFilterForm(forms.Form):
    """What the list of devices is narrowed to. What cannot be understood narrows nothing."""

    name = forms.CharField(
        label="Name contains",
        required=False,
        max_length=MAX_NAME,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    state = forms.ChoiceField(
        required=False, choices=[("", "any"), *((s.value, label) for s, label in _STATES.items())]
    )

    def devices(self, project: Project) -> QuerySet[Device]:
        self.is_valid()
        state = self.cleaned_data.get("state", "")
        return devices_of(
            project,
            name=self.cleaned_data.get("name", ""),
            state=State(state) if state else None,
        )

    @property
    def narrows(self) -> bool:
        return any(self.cleaned_data.values())


class DeviceForm(forms.Form):
    """A device's name; ``services.clean_name`` says what can be one."""

    name = forms.CharField(
        max_length=MAX_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Laptop"}),
    )
