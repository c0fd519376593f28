"""What Shift+F1 says of the buttons and panes of the window."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from tcpladder.texts import _
from tcpladder.ui.action_text import keys_text, plain_title


def tool_texts() -> dict[str, str]:
    """What the buttons of the tool bar do, by the names of their icons."""
    return {
        "open": _("Opens a capture: pcap or pcapng, also packed. Several at once are merged by time."),
        "reload": _("Reads the file of the capture again, as when it has grown since."),
        "close": _("Closes the capture and goes back to the start page. The file stays as it is."),
        "find": _("Looks for packets: by a display filter, by bytes in hex, by text, or by a regular expression."),
        "back": _("Goes back to the packet that was selected before, as in a browser."),
        "forward": _("Goes forward again to the packet from which you went back."),
        "go-to": _("Asks for a packet’s number and selects it."),
        "previous": _("Selects the packet above, from whichever pane has the keyboard."),
        "next": _("Selects the packet below, from whichever pane has the keyboard."),
        "first": _("Selects the first packet of the list."),
        "last": _("Selects the last packet of the list."),
        "colours": _("Colours the packets by the colouring rules, or shows them without colours. The first rule that"
                     " matches gives a packet its colours."),
        "zoom-in": _("Makes the text of all windows larger."),
        "zoom-out": _("Makes the text of all windows smaller."),
        "zoom-reset": _("Gives the text of all windows its usual size."),
        "connection": _("Brings the ladder of the selected packet’s connection to the front: step through it with the"
                        " arrow keys, play it with the space bar."),
    }


def pane_texts() -> dict[str, str]:
    """What the panes show, by their names in the workspace."""
    return {
        "packets": _("The packets of the capture, a line each. Selecting one shows it in all other panes. A bar at the"
                     " left marks packets of the selected connection, ✓ the packet that the selected one"
                     " acknowledges."),
        "fields": _("Every field of the selected packet, layer by layer, with the names that display filters use."
                    " Right click makes a filter or a column of a field; [brackets] mark what was worked out, not"
                    " captured."),
        "bytes": _("The bytes of the selected packet in hex and as text. The bytes of the selected field are lit; a"
                   " click on a byte selects its field."),
        "header": _("The header as the RFC draws it, 32 bits wide, with this packet’s values in the boxes. A click"
                    " selects the field."),
        "connection": _("The connection that the packet belongs to, as a ladder between client and server, with the"
                        " states of both sides. The card below says what the selected step does, and why."),
        "filter": _("A display filter, such as tcp.port == 443 && tcp.len > 0. Enter applies it. Where it cannot be"
                    " applied, the tool tip says why."),
        "status": _("The selected field and its bytes, problems found in the file, how many packets there are and how"
                    " many are shown."),
    }


def explain_places(menus: Iterable[QMenu]) -> None:
    """Gives actions that have no words of their own some: where they are, and their keys."""
    for menu in menus:
        for action in menu.actions():
            if action.menu() is None and not action.isSeparator() and not action.whatsThis():
                action.setWhatsThis(_place(menu, action))


def _place(menu: QMenu, action: QAction) -> str:
    title, name = plain_title(menu.title()), plain_title(action.text())
    keys = keys_text(action)
    if keys:
        return _("{action}: in the menu {menu}, or with {keys}.").format(action=name, menu=title, keys=keys)
    return _("{action}: in the menu {menu}.").format(action=name, menu=title)
