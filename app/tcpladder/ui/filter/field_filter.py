"""Display filters made from what the person points at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QMenu

from tcpladder.decode.columns import known_fields
from tcpladder.fields.node import DecodedPacket, FieldNode
from tcpladder.fields.show import show_text
from tcpladder.fields.types import FieldType
from tcpladder.texts import _
from tcpladder.ui.packets.sort_keys import ADDRESS_FIELDS, Column

if TYPE_CHECKING:
    from tcpladder.ui.session import Session

FILTER_MIME = "application/x-tcpladder-filter"      # a condition, UTF-8; the same stands beside it as plain text


class Joining(Enum):
    """How a new condition joins the filter that stands in the bar."""

    SELECTED = "selected"
    NOT_SELECTED = "not selected"
    AND = "and"
    OR = "or"
    AND_NOT = "and not"
    OR_NOT = "or not"

    @property
    def title(self) -> str:
        """The name in the menu."""
        return {
            Joining.SELECTED: _("Selected"),
            Joining.NOT_SELECTED: _("Not Selected"),
            Joining.AND: _("…and Selected"),
            Joining.OR: _("…or Selected"),
            Joining.AND_NOT: _("…and Not Selected"),
            Joining.OR_NOT: _("…or Not Selected"),
        }[self]


@dataclass(frozen=True, slots=True)
class FilterWish:
    """What a person wants of the filter bar: take a condition, and apply the whole or leave it to be edited."""

    condition: str
    joining: Joining
    is_applied: bool


def filter_for(node: FieldNode) -> str:
    """The filter that lets packets through which hold the field with the same value."""
    kind = node.spec.type
    if node.value is None or kind in (FieldType.PROTOCOL, FieldType.NONE):
        return node.name
    if kind in (FieldType.STRING, FieldType.ABSOLUTE_TIME):
        return f'{node.name} == "{_escaped(show_text(node))}"'
    if kind is FieldType.BYTES and not node.value:
        return node.name
    return f"{node.name} == {show_text(node)}"


def filter_for_cell(packet: DecodedPacket, column: Column, text: str) -> str:
    """The filter that lets packets through which have the same in a column of the list; "" where none does."""
    if column is Column.NUMBER:
        return f"frame.number == {packet.frame_number}"
    if column is Column.PROTOCOL:
        return text.lower() if text.lower() in known_fields() else ""
    names = ("frame.len",) if column is Column.LENGTH else ADDRESS_FIELDS.get(column, ())
    nodes = [node for name in names for node in packet.find_all(name) if show_text(node) == text]
    return filter_for(nodes[-1]) if nodes else ""


def offer_filter(menu: QMenu, session: Session, condition: str) -> None:
    """Adds "Apply as Filter" and "Prepare as Filter" to a menu, for a condition; nothing where that is "".

    The choice goes to the filter bar, whatever the pane: session.filter_wanted says it.
    """
    if not condition:
        return
    for title, is_applied in ((_("Apply as &Filter"), True), (_("&Prepare as Filter"), False)):
        ways = menu.addMenu(title)
        ways.setToolTip(condition)
        for joining in Joining:
            wish = FilterWish(condition, joining, is_applied)
            ways.addAction(joining.title).triggered.connect(partial(_tell, session, wish))


def _tell(session: Session, wish: FilterWish, _checked: bool = False) -> None:
    session.filter_wanted.emit(wish)


def dragged_filter(condition: str) -> QMimeData:
    """A condition in the form in which it can be dragged on to the filter bar, or anywhere that takes text."""
    data = QMimeData()
    data.setText(condition)
    data.setData(FILTER_MIME, condition.encode())
    return data


def joined(present: str, condition: str, joining: Joining) -> str:
    """The filter in the bar, joined with a condition."""
    present = present.strip()
    if joining is Joining.NOT_SELECTED:
        return f"!({condition})"
    if joining is Joining.SELECTED or not present:
        return f"!({condition})" if joining in (Joining.AND_NOT, Joining.OR_NOT) else condition
    word = "&&" if joining in (Joining.AND, Joining.AND_NOT) else "||"
    negated = "!" if joining in (Joining.AND_NOT, Joining.OR_NOT) else ""
    return f"({present}) {word} {negated}({condition})"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
