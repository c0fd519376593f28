"""Labels and values of nodes as texts, made once for each value: most fields say the same in most packets."""

import string
from collections.abc import Callable
from typing import Any

from tcpladder.fields.node import FieldNode
from tcpladder.fields.show import label_text, show_text
from tcpladder.fields.spec import FieldSpec

_MOST_TEXTS = 50_000
_FORMATTER = string.Formatter()


class TextMemory:
    """Texts of nodes, put into their final form by escape."""

    def __init__(self, escape: Callable[[str], str]) -> None:
        self._escape = escape
        self._labels: dict[FieldSpec, dict[Any, str] | None] = {}    # None: the label needs more than the value
        self._shows: dict[FieldSpec, dict[Any, str]] = {}
        self._count = 0

    def label(self, node: FieldNode) -> str:
        """The node's line in the tree."""
        spec = node.spec
        if spec not in self._labels:
            self._labels[spec] = {} if needs_value_only(spec) else None
        known = self._labels[spec]
        if known is None:
            return self._escape(label_text(node))
        key = node.value if node.raw is None else node.raw
        text = known.get(key)
        if text is None:
            text = self._keep(known, key, self._escape(label_text(node)))
        return text

    def show(self, node: FieldNode) -> str:
        """The node's bare value."""
        known = self._shows.get(node.spec)
        if known is None:
            known = self._shows[node.spec] = {}
        text = known.get(node.value)
        if text is None:
            text = self._keep(known, node.value, self._escape(show_text(node)))
        return text

    def _keep(self, known: dict[Any, str], key: Any, text: str) -> str:
        self._count += 1
        if self._count > _MOST_TEXTS:
            self._labels.clear()
            self._shows.clear()
            self._count = 0
        known[key] = text
        return text


def needs_value_only(spec: FieldSpec) -> bool:
    """Whether the label depends on nothing but the field's own value."""
    if spec.text is None:
        return True
    if callable(spec.text):
        return False
    names = (name for _literal, name, _format, _conversion in _FORMATTER.parse(spec.text) if name)
    return all(name in ("label", "value", "raw", "shown") for name in names)
