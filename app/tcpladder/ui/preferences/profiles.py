"""Profiles: named sets of settings, made from the present one, and given to others as files.

A file is JSON: {"tcpladder-profile": 1, "name": …, "values": {setting: text, number or list of texts}}.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tcpladder.packets.whole_file import write_whole
from tcpladder.texts import _
from tcpladder.ui.settings import PROFILE_SETTINGS, Settings

_VERSION = 1
_LARGEST_FILE = 4_000_000       # bytes; colouring rules and filters are some thousand
_LONGEST_NAME = 60


class ProfileError(Exception):
    """Something cannot be done with a profile; the message is the sentence for the person."""


def checked_name(settings: Settings, name: str) -> str:
    """A name for a profile, without spaces around it. Raises ProfileError for one that is empty, long or taken."""
    name = " ".join(name.split())
    if not name:
        raise ProfileError(_("A profile needs a name."))
    if len(name) > _LONGEST_NAME:
        raise ProfileError(_("A profile’s name may have {most} characters; this one has {count}.").format(
            most=_LONGEST_NAME, count=len(name)))
    if name in settings.profiles() or name == _("Default"):
        raise ProfileError(_("There is a profile “{name}” already.").format(name=name))
    return name


def free_name(settings: Settings, wanted: str) -> str:
    """The wanted name, or one with a number behind it that no profile has."""
    wanted = " ".join(wanted.split())[:_LONGEST_NAME - 4]
    taken = {*settings.profiles(), _("Default"), ""}
    names = [wanted, *(f"{wanted} {number}".strip() for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def export_profile(settings: Settings, name: str, path: Path) -> None:
    """Writes a profile ("" for the default one) to a file, whole or not at all. Raises WriteError."""
    content = {"tcpladder-profile": _VERSION, "name": name or _("Default"), "values": settings.profile_values(name)}
    write_whole(path, [json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"])


def import_profile(settings: Settings, path: Path) -> str:
    """Adds the profile of a file, and returns the name that it has here. Raises ProfileError, having added nothing."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise ProfileError(_("{name} could not be read: {reason}.").format(name=path.name, reason=error.strerror)
                           ) from error
    try:
        content = json.loads(data) if len(data) <= _LARGEST_FILE else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or "tcpladder-profile" not in content:
        raise ProfileError(_("{name} holds no profile of tcpladder.").format(name=path.name))
    if content["tcpladder-profile"] != _VERSION:
        raise ProfileError(_("{name} was written by a later version of tcpladder.").format(name=path.name))
    values = content.get("values")
    if not isinstance(values, dict) or not all(_is_value(value) for value in values.values()):
        raise ProfileError(_("The profile in {name} is damaged; nothing was taken from it.").format(name=path.name))
    name = free_name(settings, str(content.get("name", path.stem)))
    settings.write_profile(name, {key: value for key, value in values.items() if key in PROFILE_SETTINGS})
    return name


def _is_value(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return isinstance(value, str | int) and not isinstance(value, bool)
