"""Labels and values of nodes as texts, made once for each value: most fields say the same in most packets."""

import string
from collections.abc import Callable, Sequence
from typing import Any

from tcpladder.fields.node import FieldNode
from tcpladder.fields.show import show_text
from tcpladder.fields.spec import FieldSpec, LabelMaker
from tcpladder.protocols.names import Names

_MOST_TEXTS = 50_000
_FORMATTER = string.Formatter()


class TextMemory:
    """Texts of nodes with names, put into their final form by escape."""

    def __init__(self, escape: Callable[[str], str], names: Names) -> None:
        self._escape = escape
        self._names = names
        self._writers: dict[FieldSpec, LabelMaker] = {}
        self._labels: dict[FieldSpec, dict[Any, str] | None] = {}    # None: the label needs more than the value
        self._shows: dict[FieldSpec, dict[Any, str]] = {}
        self._count = 0

    def label(self, node: FieldNode) -> str:
        """The node's line in the tree."""
        spec = node.spec
        write = self._writers.get(spec)
        if write is None:
            write = self._writers[spec] = self._names.label_writer(spec)
        if spec not in self._labels:
            self._labels[spec] = {} if needs_value_only(spec) else None
        known = self._labels[spec]
        if known is None:
            return self._escape(write(node))
        key = node.value if node.raw is None else node.raw
        text = known.get(key)
        if text is None:
            text = self._keep(known, key, self._escape(write(node)))
        return text

    def show(self, node: FieldNode) -> str:
        """The node's bare value."""
        known = self._shows.get(node.spec)
        if known is None:
            known = self._shows[node.spec] = {}
        text = known.get(node.value)
        if text is None:
            text = self._keep(known, node.value, self._escape(self._names.value(node.spec, show_text(node))))
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


class KeptTexts:
    """The texts of nodes with all that lies in them; those of kept nodes are made once for each indentation."""

    def __init__(self, write: Callable[[FieldNode, str, list[str]], None]) -> None:
        self._write = write
        self._known: dict[str, dict[FieldNode, str]] = {}
        self._count = 0

    def add(self, nodes: Sequence[FieldNode], indent: str, pieces: list[str]) -> None:
        """Adds the texts of the nodes."""
        known = self._known.get(indent)
        if known is None:
            known = self._known[indent] = {}
        for node in nodes:
            text = known.get(node)
            if text is not None:
                pieces.append(text)
            elif node.kept:
                pieces.append(self._keep(known, node, indent))
            else:
                self._write(node, indent, pieces)

    def _keep(self, known: dict[FieldNode, str], node: FieldNode, indent: str) -> str:
        self._count += 1
        if self._count > _MOST_TEXTS:
            for texts in self._known.values():
                texts.clear()
            self._count = 0
        own: list[str] = []
        self._write(node, indent, own)
        text = known[node] = "".join(own)
        return text
