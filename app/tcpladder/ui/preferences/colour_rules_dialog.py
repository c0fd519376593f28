"""View → Colouring Rules…: which packets have which colours in the list."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QApplication,
    QColorDialog,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from tcpladder.packets.whole_file import WriteError, write_whole
from tcpladder.texts import _, ngettext
from tcpladder.ui.dialog_parts import ok_and_cancel, push_button, resize_for_text
from tcpladder.ui.packets.row_colours import ColourRule, usual_rules
from tcpladder.ui.preferences.colour_file import LONGEST_FILE, keep_rules, read_rules, write_rules
from tcpladder.ui.preferences.contrast import READABLE, contrast
from tcpladder.ui.preferences.rows_editor import CellKind, EditedColumn, RowsEditor, RowsModel
from tcpladder.ui.session import Session, sentence_of
from tcpladder.ui.settings import Settings
from tcpladder.ui.theme import LIGHT, Pair, theme_of

_FILTER_COLUMN = 2


def edit_rules(session: Session, settings: Settings, parent: QWidget) -> "ColourRulesDialog":
    """Shows the dialog; what was agreed to colours the list, and is remembered."""
    dialog = ColourRulesDialog(session.colour_rules, session, parent)

    def take() -> None:
        keep_rules(settings, dialog.rules)
        session.set_colour_rules(dialog.rules)

    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.accepted.connect(take)
    dialog.open()
    return dialog


class ColourRulesDialog(QDialog):
    """The list of rules, each in its own colours; what is wrong, or hard to read, is said under it."""

    def __init__(self, rules: tuple[ColourRule, ...], session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Colouring Rules"))
        columns = (
            EditedColumn(_("On"), CellKind.SWITCH, lambda rule: rule.is_on,
                         lambda rule, value: replace(rule, is_on=value)),
            EditedColumn(_("Name"), CellKind.TEXT, lambda rule: rule.name,
                         lambda rule, value: replace(rule, name=" ".join(value.replace("@", " ").split()))),
            EditedColumn(_("Filter"), CellKind.FILTER, lambda rule: rule.filter,
                         lambda rule, value: replace(rule, filter=value)),
            EditedColumn(_("Background"), CellKind.COLOUR, lambda rule: rule.background,
                         lambda rule, value: replace(rule, background=value)),
            EditedColumn(_("Text"), CellKind.COLOUR, lambda rule: rule.text,
                         lambda rule, value: replace(rule, text=value)),
        )
        self.model = RowsModel(columns, rules, _pair, session, self)
        self.editor = RowsEditor(self.model, _new_rule, session, self)
        self.editor.table.setAccessibleName(self.windowTitle())
        self.remarks = QLabel(self)
        self.remarks.setWordWrap(True)
        self.remarks.setTextFormat(Qt.TextFormat.PlainText)
        self.remarks.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.remarks.setAlignment(Qt.AlignmentFlag.AlignTop)
        hint = QLabel(_("The first rule that is on and matches colours a packet. Drag rules to another place;"
                        " double-click to edit. In the dark theme, rules have the dark twins of these colours."), self)
        hint.setWordWrap(True)
        self._add_colour_buttons()
        buttons = ok_and_cancel(self)
        lower = QHBoxLayout()
        for title, act in ((_("&Import…"), self.choose_import), (_("&Export…"), self.choose_export),
                           (_("Reset to &Defaults"), lambda: self.model.replace(usual_rules()))):
            lower.addWidget(push_button(title, act, self))
        lower.addStretch(1)
        lower.addWidget(buttons)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(hint)
        column.addWidget(self.editor, 1)
        column.addWidget(self.remarks)
        column.addLayout(lower)
        resize_for_text(self, 980, 560)
        self.editor.widen(_FILTER_COLUMN)
        self.model.changed.connect(self._show_remarks)
        self.editor.table.selectionModel().selectionChanged.connect(self._show_remarks)
        if rules:
            self.editor.table.choose(0)
        self._show_remarks()

    @property
    def rules(self) -> tuple[ColourRule, ...]:
        """The rules as they stand in the list."""
        return tuple(self.model.rows)

    # Files

    def choose_import(self) -> None:
        """Asks for a file, and puts its rules before those in the list."""
        name, _kind = QFileDialog.getOpenFileName(self, _("Import Colouring Rules"))
        if name:
            complaints = self.import_file(Path(name))
            if complaints:
                self._tell(complaints)

    def import_file(self, path: Path) -> list[str]:
        """Puts the rules of a file before those in the list; returns what is wrong with it, a sentence each."""
        try:
            with path.open("rb") as file:
                content = file.read(LONGEST_FILE + 1)
        except OSError as error:
            return [sentence_of(error)]
        if len(content) > LONGEST_FILE:
            return [_("{name} is too large for a file of colouring rules.").format(name=path.name)]
        rules, complaints = read_rules(content.decode("utf-8", "replace"))
        if rules:
            self.model.insert(0, rules)
            self.editor.table.choose(0, len(rules))
        elif not complaints:
            complaints = [_("{name} holds no colouring rule.").format(name=path.name)]
        return complaints

    def choose_export(self) -> None:
        """Asks for a file, and writes all rules into it."""
        name, _kind = QFileDialog.getSaveFileName(self, _("Export Colouring Rules"), "colorfilters")
        if name:
            try:
                self.export_file(Path(name))
            except WriteError as error:
                self._tell([sentence_of(error)])

    def export_file(self, path: Path) -> None:
        """Writes all rules, whole or not at all; raises WriteError."""
        write_whole(path, [write_rules(self.rules).encode()])

    def _tell(self, sentences: list[str]) -> None:
        box = QMessageBox(QMessageBox.Icon.Warning, _("Colouring Rules"),
                          ngettext("{count} remark:", "{count} remarks:", len(sentences)).format(count=len(sentences)),
                          QMessageBox.StandardButton.Ok, self)
        box.setInformativeText("\n".join(sentences[:8]))
        if len(sentences) > 8:
            box.setDetailedText("\n".join(sentences))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    # Colours

    def _add_colour_buttons(self) -> None:
        """Colours can be chosen by key, too."""
        place = self.editor.buttons.count() - 1
        self._colour_buttons = []
        for title, part in ((_("&Background…"), "background"), (_("&Text…"), "text")):
            button = push_button(title, partial(self.choose_colour, part), self)
            self.editor.buttons.insertWidget(place, button)
            self._colour_buttons.append(button)
            place += 1

    def choose_colour(self, part: str) -> None:
        """Asks for the background or the text colour of the selected rules."""
        chosen = self.editor.table.chosen
        if not chosen:
            return
        dialog = QColorDialog(QColor(getattr(self.model.rows[chosen[0]], part)), self)
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(lambda colour: self._set_colour(chosen, part, colour.name().upper()))
        dialog.open()

    def _set_colour(self, places: list[int], part: str, colour: str) -> None:
        self.model.replace(replace(rule, **{part: colour}) if place in places else rule
                           for place, rule in enumerate(self.model.rows))
        self.editor.table.choose(places[0], len(places))

    def _show_remarks(self) -> None:
        """What is wrong with the selected rule, or else with any."""
        chosen = self.editor.table.chosen
        for button in self._colour_buttons:
            button.setEnabled(bool(chosen))
        remarks = [remark for place in chosen for remark in self._remarks(place)]
        wrong = [place for place in range(len(self.model.rows)) if self._error(place)]
        if not remarks and wrong:
            remarks = [ngettext("{count} rule has no valid filter and matches nothing: {names}.",
                                "{count} rules have no valid filter and match nothing: {names}.", len(wrong)).format(
                count=len(wrong), names=", ".join(f"“{self.model.rows[place].name}”" for place in wrong))]
        self.remarks.setText("\n".join(remarks[:2]))

    def _remarks(self, place: int) -> list[str]:
        rule = self.model.rows[place]
        found = [self._error(place)] if self._error(place) else []
        ratio = contrast(Pair(rule.background, rule.text))
        if ratio < READABLE:
            found.append(_("“{name}” is hard to read: the contrast is {ratio:.1f} : 1, and should be at least 4.5 : 1."
                           ).format(name=rule.name, ratio=ratio))
        return found

    def _error(self, place: int) -> str:
        return self.model.error_at(self.model.index(place, _FILTER_COLUMN))


def _pair(rule: ColourRule) -> Pair:
    return rule.pair(theme_of(QApplication.palette()))


def _new_rule() -> ColourRule:
    return ColourRule(_("New rule"), "", LIGHT.base, LIGHT.text)
