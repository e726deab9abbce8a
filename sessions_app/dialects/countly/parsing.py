"""One request of an SDK, from its parameters to what is counted.

Whatever cannot be counted is named in `problems`, and the rest is counted: an SDK would send the
same again for ever, and everything after it would wait.
"""

import re
from hashlib import blake2b
from ipaddress import ip_address
from typing import Any

import orjson

from sessions_app.dialects.countly.params import BadJSON, Params, load_json
from sessions_app.services.usage import AppEvent, AppRequest, Checksum
from sessions_app.usage.names import (
    MAX_KEY,
    MAX_VALUE,
    Unusable,
    clean_event_key,
    clean_metrics,
    clean_segment,
    clean_value,
    text_of,
)
from telemetry import wire_json
from telemetry.geo import locate

__all__ = ["CHECKSUMS", "MAX_DEVICE_ID", "is_usable_device", "read_request"]

CHECKSUMS = ("checksum256", "checksum")
MAX_DEVICE_ID = 255
MAX_SECONDS = 120
MAX_EVENT = 64 * 1024
MAX_DETAILS = 16 * 1024
MAX_DATA = 8 * 1024
MAX_ADDRESS = 64
_NOBODY = "00000000-0000-0000-0000-000000000000"
_INTEGER = re.compile(r"\s*([+-]?\d{1,15})", re.ASCII).match
_NUMBER = re.compile(r"\s*[+-]?(\d{1,300}(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?\s*", re.I | re.A).fullmatch
_COUNTRY = re.compile(r"[A-Za-z]{2}", re.ASCII).fullmatch
_MOST = 1e300
# Not part of what a request says: the length of the SDK's queue, what it is signed with, and what
# scripts make up anew each time that they ask.
_NOT_SAID = frozenset({"rr", "callback", "_", *CHECKSUMS})
# What is kept with a session, besides its metrics.
_KEPT = ("sdk_name", "sdk_version", "tz", "location")


def is_usable_device(device_id: str) -> bool:
    """Whether this names one device. iOS gave all zeros to whoever did not want to be known."""
    return device_id != _NOBODY and len(device_id) <= MAX_DEVICE_ID


def read_request(
    params: Params,
    *,
    app_key: str,
    device_id: str,
    received: float,
    address: str,
    signed: bytes,
    problems: list[str],
) -> AppRequest:
    """What this request says. `address` is its sender's, `signed` what a checksum would be of."""
    raw_timestamp = params.get("timestamp")
    at = _time(raw_timestamp, received)
    request = AppRequest(app_key, device_id, received, received if at is None else at)
    if raw_timestamp:
        request.digest = _digest(params)
        if at is None:
            problems.append("timestamp has neither 10 nor 13 digits: it was taken as now")
    request.begins = bool(params.get("begin_session"))
    request.ends = bool(params.get("end_session"))
    if "session_duration" in params:
        request.seconds = _seconds(params["session_duration"], problems)
    if "events" in params:
        request.events = _events(params["events"], received, problems)
    metrics = None
    if "metrics" in params and (metrics := _object(params["metrics"], "metrics", problems)):
        request.metrics = clean_metrics(metrics, problems)
    if "user_details" in params:
        request.details = _details(params["user_details"], problems)
    old_device_id = text_of(params.get("old_device_id"))
    if old_device_id and old_device_id != device_id and is_usable_device(old_device_id):
        request.old_device_id = old_device_id
    _place(request, params, address, problems)
    if request.begins:
        request.ignores_cooldown = bool(params.get("ignore_cooldown"))
        request.data = _data(params, metrics, request, problems)
    for name in CHECKSUMS:
        if given := text_of(params.get(name)):
            request.checksum = Checksum(name, given, signed)
            break
    return request


def _time(raw: Any, received: float) -> float | None:
    """Seconds since 1970 of 10 digits, or 13 (milliseconds); the future is now. None: neither."""
    if isinstance(raw, str):
        if not _NUMBER(raw):
            return None
        raw = float(raw)
    elif isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    if 10**9 <= raw < 10**10:
        return min(float(raw), received)
    return min(raw / 1000, received) if 10**12 <= raw < 10**13 else None


def _digest(params: Params) -> bytes:
    """Eight bytes that tell requests of a device from each other."""
    said = {name: value for name, value in params.items() if name not in _NOT_SAID}
    try:
        text = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # a number of more than 64 bits
        text = repr(sorted(said.items(), key=str)).encode("utf-8", "replace")
    return blake2b(text, digest_size=8).digest()


def _seconds(raw: Any, problems: list[str]) -> int:
    """As JavaScript's ``parseInt`` reads it, at most 120; what is not above 0 adds nothing."""
    if isinstance(raw, str):
        found = _INTEGER(raw)
        if not found:
            if raw:
                problems.append("session_duration is no number")
            return 0
        seconds = int(found[1])
        if seconds < 0:
            problems.append("session_duration is below 0")
    elif isinstance(raw, int | float) and not isinstance(raw, bool):
        seconds = int(max(-1.0, min(raw, MAX_SECONDS)))
    else:
        return 0
    return max(0, min(seconds, MAX_SECONDS))


def _parsed(raw: Any, name: str, problems: list[str]) -> Any:
    """A parameter that is JSON: as text, or already read with the body. None if it is neither."""
    if not isinstance(raw, str):
        return raw
    if not raw:
        return None
    try:
        return load_json(raw.encode("utf-8", "replace"))
    except BadJSON as reason:
        problems.append(f"{name}: this is not JSON: {reason}")
        return None


def _object(raw: Any, name: str, problems: list[str]) -> dict[str, Any] | None:
    found = _parsed(raw, name, problems)
    if found is not None and not isinstance(found, dict):
        problems.append(f"{name}: this is no object")
    return found if isinstance(found, dict) else None


def _details(raw: Any, problems: list[str]) -> dict[str, Any] | None:
    details = _object(raw, "user_details", problems)
    if not details:
        return None
    try:
        if len(wire_json.dump(details)) <= MAX_DETAILS:
            return details
        problems.append(f"user_details has more than {MAX_DETAILS:,} characters")
    except ValueError:
        problems.append("user_details has a number that is too large")
    return None


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _place(request: AppRequest, params: Params, address: str, problems: list[str]) -> None:
    """Where a device is: as it says, else where its address is, if a session begins."""
    own = text_of(params.get("ip_address")).strip()
    if own and not _is_address(own):
        problems.append("ip_address is no address: the sender's was taken")
        own = ""
    request.address = (own or address)[:MAX_ADDRESS]
    if params.get("location") == "":  # who asks not to be found
        request.country = "Unknown" if request.begins else ""
        return
    country = text_of(params.get("country_code"))
    if country and not _COUNTRY(country):
        problems.append("country_code has not two letters")
    if _COUNTRY(country):
        request.country = country.upper()
        request.city = _name(params.get("city"))
    elif request.begins and request.address:
        found = locate(request.address)
        request.country, request.city = found.country, _name(params.get("city") or found.city)


def _name(raw: Any) -> str:
    return clean_value(text_of(raw).strip())[:MAX_VALUE]


def _data(
    params: Params, metrics: dict[str, Any] | None, request: AppRequest, problems: list[str]
) -> str | None:
    """What is kept with a session as its device told it."""
    found: dict[str, Any] = {name: params[name] for name in _KEPT if params.get(name)}
    if request.country:
        found["country"] = request.country
    if request.city:
        found["city"] = request.city
    if metrics:
        found["metrics"] = metrics
    try:
        text = wire_json.dump(found)
    except ValueError:
        problems.append("metrics: there is a number that is too large")
        return None
    if len(text) > MAX_DATA:
        problems.append(f"metrics: of more than {MAX_DATA:,} characters none are kept as they came")
        return None
    return text


def _events(raw: Any, received: float, problems: list[str]) -> list[AppEvent]:
    found = _parsed(raw, "events", problems)
    if found is None:
        return []
    if not isinstance(found, list):
        problems.append("events: this is no array")
        return []
    events = []
    for place, each in enumerate(found):
        try:
            events.append(_event(each, received, problems))
        except Unusable as reason:
            problems.append(f"events[{place}]: {reason}")
    return events


def _event(raw: Any, received: float, problems: list[str]) -> AppEvent:
    if not isinstance(raw, dict):
        raise Unusable("this is no object")
    key = clean_event_key(raw.get("key"))
    count = _number(raw.get("count"))
    if not count:
        is_missing = raw.get("count") is None
        raise Unusable(
            "count is missing" if is_missing else "count is 0, or no number that can be added up"
        )
    at = raw.get("timestamp")
    kept = {
        name: value
        for name, value in raw.items()
        if name != "timestamp" and ((name, value) != ("key", key) or len(key) > MAX_KEY)
    }
    event = AppEvent(
        key=key,
        at=None if at is None else _time(at, received),
        count=count,
        sum=_amount(raw, "sum", key, problems),
        seconds=_amount(raw, "dur", key, problems),
        segments=[],
        data=_event_data(kept),
    )
    if len(key) > MAX_KEY:
        problems.append(f"event {key[:40]}…: its key has more than {MAX_KEY} characters")
        event.key, event.is_counted = key[:MAX_KEY], False
    elif key.startswith("[CLY]_"):  # views, actions and the like are no events of the app
        event.is_counted = False
    elif segmentation := raw.get("segmentation"):
        if isinstance(segmentation, dict):
            event.segments = _segments(key, segmentation, problems)
        else:
            problems.append(f"event {key}: segmentation is no object")
    elif name := text_of(raw.get("seg_key")):
        event.segments = _segments(key, {name: raw.get("seg_val")}, problems)
    return event


def _event_data(kept: dict[str, Any]) -> str:
    try:
        data = wire_json.dump(kept)
    except ValueError:
        raise Unusable("there is a number that is too large") from None
    if len(data) > MAX_EVENT:
        raise Unusable(f"it has more than {MAX_EVENT:,} characters")
    return data


def _segments(key: str, segmentation: dict[str, Any], problems: list[str]) -> list[tuple[str, str]]:
    """What an event is counted by. Falsy values count, as from 15.03 on; empty ones do not."""
    found = []
    for raw, value in segmentation.items():
        if value is None or value == "":
            continue
        name, text = clean_segment(raw), clean_value(text_of(value))
        if not name or not text:
            problems.append(
                f"event {key}: segment {raw[:40]}: its value is neither text nor a number"
            )
        elif len(name) > MAX_KEY:
            problems.append(f"event {key}: segment {raw[:40]}…: more than {MAX_KEY} characters")
        elif len(text) > MAX_VALUE:
            problems.append(
                f"event {key}: segment {raw}: a value has more than {MAX_VALUE} characters"
            )
        else:
            found.append((name, text))
    return found


def _amount(event: dict[str, Any], name: str, key: str, problems: list[str]) -> float:
    """What an event adds to its sums; 0 if that is nothing, or no number."""
    raw = event.get(name)
    found = _number(raw)
    if found is None and raw not in (None, "", False):
        problems.append(f"event {key[:40]}: {name} is no number that can be added up")
    return found or 0.0


def _number(raw: Any) -> float | None:
    """A number, as one or as text; None if it is none, or beyond what can be added up."""
    if isinstance(raw, str):
        if not _NUMBER(raw):
            return None
        raw = float(raw)
    elif isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    return float(raw) if abs(raw) < _MOST else None
