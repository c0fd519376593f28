"""The name and the keys of an action, as people read them."""

import re

from PySide6.QtGui import QAction, QKeySequence


def plain_title(title: str) -> str:
    """The title of an action or a menu without the marks for keys, or keys in brackets ("打开(&O)…"), and "…"."""
    return re.sub(r"\(&[^&]\)|&(.)", lambda key: key[1] or "", title).rstrip("…")


def keys_text(action: QAction) -> str:
    """All keys of an action, as this desktop writes them; "" where it has none."""
    return ", ".join(keys.toString(QKeySequence.SequenceFormat.NativeText) for keys in action.shortcuts())
