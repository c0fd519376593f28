"""Colours of the window, light and dark: one table each, and what Qt needs to know of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from types import MappingProxyType

from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QWidget

from tcpladder.resource_files import resource_path
from tcpladder.tcp.pictures import palette as diagrams

_ICON_SIDE = 20                      # of a tool bar, beside text of the usual size
_ICON_SIDES = (16, 20, 40, 60, 80, 120)


class Appearance(Enum):
    """What the person asked for."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class ColourSet(Enum):
    """Which colours tell things apart."""

    STANDARD = "standard"
    SAFE = "safe"       # for readers who do not tell red from green


@dataclass(frozen=True, slots=True)
class Pair:
    """A background and the text on it, "#RRGGBB"; at least 4.5 : 1 apart."""

    background: str
    text: str


@dataclass(frozen=True, slots=True)
class Theme:
    """Every colour that the window uses, by its purpose ("#RRGGBB").

    rows holds the colours of the packet list by the name of the colouring rule, diagram those of ladder, states and
    graphs.
    """

    is_dark: bool
    colour_set: ColourSet
    diagram: diagrams.DiagramPalette
    window: str             # behind tool bars, pane titles, labels
    base: str               # behind lists, trees, bytes
    text: str
    muted: str              # text of second rank; readable on window and base
    disabled: str           # text and icons of what cannot be used now
    border: str             # thin lines between panes
    scroll_handle: str
    accent: str             # selection, links, what the person points at
    selection: Pair         # selected row of the pane that has the focus
    selection_inactive: Pair
    field: Pair             # bytes of the selected field
    layer_background: str   # bytes of the layer that the selected field lies in
    hover_background: str   # what the mouse points at
    match_background: str   # packets of the selected connection: the mark in the list
    warning: Pair           # message bar and problems
    filter_valid: Pair
    filter_invalid: Pair
    filter_deprecated: Pair
    client: Pair            # what each end sent, in a stream that is followed
    server: Pair
    blank: Pair             # what a learner has still to fill in, and the answers
    right: Pair
    wrong: Pair
    rows: Mapping[str, Pair]


LIGHT = Theme(
    is_dark=False,
    colour_set=ColourSet.STANDARD,
    diagram=diagrams.LIGHT,
    window="#F4F5F7",
    base="#FFFFFF",
    text="#1D2129",
    muted="#59626F",
    disabled="#A3AAB4",
    border="#D6DAE0",
    scroll_handle="#C3C9D1",
    accent="#2459C4",
    selection=Pair("#2459C4", "#FFFFFF"),
    selection_inactive=Pair("#C8D7F4", "#1D2129"),
    field=Pair("#2459C4", "#FFFFFF"),
    layer_background="#E3EBFA",
    hover_background="#FFE9B8",
    match_background="#2459C4",
    warning=Pair("#FFF1D6", "#5C3B00"),
    filter_valid=Pair("#AFFFAF", "#10240F"),
    filter_invalid=Pair("#FFAFAF", "#3A0C0C"),
    filter_deprecated=Pair("#FFFFAF", "#33300A"),
    client=Pair("#FBF0EE", "#8C1D18"),
    server=Pair("#EEF3FB", "#17418F"),
    blank=Pair("#FFF4CC", "#1D2129"),
    right=Pair("#D3EFDC", "#1D2129"),
    wrong=Pair("#FBDCD8", "#1D2129"),
    rows=MappingProxyType({
        "bad-tcp": Pair("#12272E", "#F78787"),
        "icmp-error": Pair("#12272E", "#B7F774"),
        "arp": Pair("#FAF0D7", "#12272E"),
        "icmp": Pair("#FCE0FF", "#12272E"),
        "reset": Pair("#A40000", "#FFFC9C"),
        "checksum": Pair("#12272E", "#F78787"),
        "syn-fin": Pair("#A0A0A0", "#12272E"),
        "http": Pair("#E4FFC7", "#12272E"),
        "tcp": Pair("#E7E6FF", "#12272E"),
        "udp": Pair("#DAEEFF", "#12272E"),
        "broadcast": Pair("#FFFFFF", "#6B6E68"),
    }),
)

DARK = Theme(
    is_dark=True,
    colour_set=ColourSet.STANDARD,
    diagram=diagrams.DARK,
    window="#20242A",
    base="#181B20",
    text="#E3E6EA",
    muted="#9BA5B2",
    disabled="#5F6773",
    border="#353B44",
    scroll_handle="#4A525E",
    accent="#7FAAFF",
    selection=Pair("#2F5DB3", "#FFFFFF"),
    selection_inactive=Pair("#31415F", "#E3E6EA"),
    field=Pair("#2F5DB3", "#FFFFFF"),
    layer_background="#252F42",
    hover_background="#4A3F22",
    match_background="#7FAAFF",
    warning=Pair("#3D3118", "#FFE3A8"),
    filter_valid=Pair("#006600", "#F2FFF2"),
    filter_invalid=Pair("#660000", "#FFEFEF"),
    filter_deprecated=Pair("#666600", "#FFFFEA"),
    client=Pair("#3B2522", "#FFB4A9"),
    server=Pair("#222F42", "#A8C7FA"),
    blank=Pair("#4A4220", "#E3E6EA"),
    right=Pair("#1F4A30", "#E3E6EA"),
    wrong=Pair("#5A2A26", "#E3E6EA"),
    rows=MappingProxyType({
        "bad-tcp": Pair("#421A1F", "#FFA3A3"),
        "icmp-error": Pair("#1D3524", "#B7F774"),
        "arp": Pair("#3B3422", "#F4E8C4"),
        "icmp": Pair("#3A2641", "#F6D9FA"),
        "reset": Pair("#7D0C0C", "#FFFC9C"),
        "checksum": Pair("#421A1F", "#FFA3A3"),
        "syn-fin": Pair("#565B63", "#FFFFFF"),
        "http": Pair("#23381B", "#DFF6C6"),
        "tcp": Pair("#242640", "#DCDBF7"),
        "udp": Pair("#183141", "#CFE9F9"),
        "broadcast": Pair("#181B20", "#8E96A1"),
    }),
)


SAFE_LIGHT = replace(
    LIGHT,
    colour_set=ColourSet.SAFE,
    diagram=diagrams.SAFE_LIGHT,
    accent="#005A96",
    selection=Pair("#005A96", "#FFFFFF"),
    selection_inactive=Pair("#C4E1F5", "#1D2129"),
    field=Pair("#005A96", "#FFFFFF"),
    match_background="#005A96",
    filter_valid=Pair("#C3E6F7", "#0B2536"),
    filter_invalid=Pair("#F7C59A", "#3A1A00"),
    filter_deprecated=Pair("#FBF3A0", "#33300A"),
    client=Pair("#FBEEDD", "#7A3A00"),
    server=Pair("#E6F2FB", "#00507F"),
    right=Pair("#C3E6F7", "#0B2536"),
    wrong=Pair("#F7C59A", "#3A1A00"),
    rows=MappingProxyType({
        "bad-tcp": Pair("#12272E", "#FFC20A"),
        "icmp-error": Pair("#12272E", "#8FD0F5"),
        "arp": Pair("#FAE3BF", "#12272E"),
        "icmp": Pair("#F2BFDA", "#12272E"),
        "reset": Pair("#7A2E00", "#FFFFFF"),
        "checksum": Pair("#12272E", "#FFC20A"),
        "syn-fin": Pair("#A0A0A0", "#12272E"),
        "http": Pair("#FBF6A8", "#12272E"),
        "tcp": Pair("#E6E7EF", "#12272E"),
        "udp": Pair("#B4DCF5", "#12272E"),
        "broadcast": Pair("#FFFFFF", "#6B6E68"),
    }),
)

SAFE_DARK = replace(
    DARK,
    colour_set=ColourSet.SAFE,
    diagram=diagrams.SAFE_DARK,
    accent="#6CC0F2",
    selection=Pair("#0F5E96", "#FFFFFF"),
    selection_inactive=Pair("#24445A", "#E3E6EA"),
    field=Pair("#0F5E96", "#FFFFFF"),
    match_background="#6CC0F2",
    filter_valid=Pair("#0A4A73", "#F2FAFF"),
    filter_invalid=Pair("#7A3A00", "#FFF3E8"),
    filter_deprecated=Pair("#5E5A00", "#FFFFEA"),
    client=Pair("#3A2A18", "#FFC78A"),
    server=Pair("#16303F", "#9AD3F5"),
    right=Pair("#0A4A73", "#F2FAFF"),
    wrong=Pair("#7A3A00", "#FFF3E8"),
    rows=MappingProxyType({
        "bad-tcp": Pair("#33290A", "#FFC20A"),
        "icmp-error": Pair("#33290A", "#8FD0F5"),
        "arp": Pair("#4A3616", "#FAE3BF"),
        "icmp": Pair("#4E2444", "#F7D3E6"),
        "reset": Pair("#8A3400", "#FFFFFF"),
        "checksum": Pair("#33290A", "#FFC20A"),
        "syn-fin": Pair("#565B63", "#FFFFFF"),
        "http": Pair("#55520F", "#FBF6A8"),
        "tcp": Pair("#262833", "#E1E2EC"),
        "udp": Pair("#0E3A57", "#CFE9F9"),
        "broadcast": Pair("#181B20", "#8E96A1"),
    }),
)

_THEMES = {(theme.is_dark, theme.colour_set): theme for theme in (LIGHT, DARK, SAFE_LIGHT, SAFE_DARK)}
_colour_set = ColourSet.STANDARD     # of the whole application, as its palette is
_byte_family = ""


def theme_of(palette: QPalette) -> Theme:
    """The theme that a widget with this palette belongs to; for use while painting."""
    return _THEMES[palette.color(QPalette.ColorRole.Base).lightness() < 128, _colour_set]


def colour_group_of(view: QWidget) -> QPalette.ColorGroup:
    """Which of the palette's colours a list has: it looks otherwise where it does not have the focus."""
    has_focus = view.hasFocus() and view.isActiveWindow()
    return QPalette.ColorGroup.Active if has_focus else QPalette.ColorGroup.Inactive


def wanted_theme(appearance: Appearance, colour_set: ColourSet = ColourSet.STANDARD) -> Theme:
    """The theme to use, following the system where that is asked for."""
    if appearance is Appearance.SYSTEM:
        is_dark = QApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
    else:
        is_dark = appearance is Appearance.DARK
    return _THEMES[is_dark, colour_set]


def apply_theme(theme: Theme) -> None:
    """Gives all windows of the application the colours of the theme, and marks as large as its text."""
    global _colour_set
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    _colour_set = theme.colour_set
    style_sheet = _style_sheet(theme)
    if application.styleSheet() != style_sheet:
        # Without this, widgets under a style sheet do not inherit the fonts that the panes are given.
        application.setAttribute(Qt.ApplicationAttribute.AA_UseStyleSheetPropagationInWidgetStyles)
        application.setStyle("Fusion")
        application.setPalette(_palette(theme))
        application.setStyleSheet(style_sheet)


def byte_font(like: QFont) -> QFont:
    """The monospaced font for bytes and bit pictures, in the size of another font."""
    font = QFont(_byte_family) if _byte_family else QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setPointSizeF(like.pointSizeF())
    return font


def use_byte_family(family: str) -> None:
    """Sets the family of byte_font() from now on; "" for the system's."""
    global _byte_family
    _byte_family = family


def usual_text_size() -> int:
    """The size of the system's text, in points."""
    return round(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).pointSizeF()) or 10


def use_text_size(points: int) -> None:
    """Sets the size of the text of all windows, of their menus and tool tips too; they have it when this returns."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setPointSize(points)
    if QApplication.font() != font:
        QApplication.setFont(font)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.ApplicationFontChange.value)


def grown(pixels: int) -> int:
    """So many pixels where the text has its usual size, as many more where it is larger."""
    return round(pixels * max(1.0, QApplication.font().pointSizeF() / usual_text_size()))


def icon_side() -> int:
    """Width and height of the icons of a tool bar, in pixels."""
    return grown(_ICON_SIDE)


def line_style(pair: Pair | None) -> str:
    """The style sheet of a line to type in, in colours of its own; "" for the usual ones.

    Not by the palette: under the style sheet of the application a line's background is not taken from there.
    """
    return "" if pair is None else f"QLineEdit {{ background: {pair.background}; color: {pair.text}; }}"


def icon(name: str, colour: str = "") -> QIcon:
    """The icon resources/icons/NAME.svg in a colour; without one, in the application's text colours."""
    palette = QApplication.palette()
    normal, disabled = (colour or palette.color(group, QPalette.ColorRole.WindowText).name()
                        for group in (QPalette.ColorGroup.Active, QPalette.ColorGroup.Disabled))
    return _drawn_icon(name, normal, disabled)


@lru_cache(maxsize=256)
def _drawn_icon(name: str, normal: str, disabled: str) -> QIcon:
    drawing = resource_path(f"icons/{name}.svg").read_text(encoding="utf-8")
    result = QIcon()
    for mode, shade in ((QIcon.Mode.Normal, normal), (QIcon.Mode.Disabled, disabled)):
        renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", shade).encode()))
        for side in _ICON_SIDES:
            pixmap = QPixmap(QSize(side, side))
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            renderer.render(painter, QRectF(0, 0, side, side))
            painter.end()
            result.addPixmap(pixmap, mode)
    return result


def _palette(theme: Theme) -> QPalette:
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette = QPalette()
    colours = {
        role.Window: theme.window, role.WindowText: theme.text, role.Base: theme.base,
        role.AlternateBase: theme.window, role.Text: theme.text, role.Button: theme.window,
        role.ButtonText: theme.text, role.BrightText: theme.accent, role.ToolTipBase: theme.base,
        role.ToolTipText: theme.text, role.PlaceholderText: theme.muted, role.Link: theme.accent,
        role.LinkVisited: theme.accent, role.Highlight: theme.selection.background,
        role.HighlightedText: theme.selection.text, role.Accent: theme.accent,
        role.Light: theme.base, role.Midlight: theme.window, role.Mid: theme.border,
        role.Dark: theme.muted, role.Shadow: "#000000",
    }
    for colour_role, colour in colours.items():
        palette.setColor(colour_role, QColor(colour))
    palette.setColor(group.Inactive, role.Highlight, QColor(theme.selection_inactive.background))
    palette.setColor(group.Inactive, role.HighlightedText, QColor(theme.selection_inactive.text))
    for colour_role in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, colour_role, QColor(theme.disabled))
    return palette


def _style_sheet(theme: Theme) -> str:
    check = resource_path("icons/check.svg").as_posix()
    dot = grown(5) * 2 + 1      # odd, so that it is round
    return f"""
        QMainWindow::separator {{ background: {theme.border}; width: 1px; height: 1px; }}
        QMainWindow::separator:hover {{ background: {theme.accent}; }}
        QToolBar {{ background: {theme.window}; border: none; border-bottom: 1px solid {theme.border};
                    spacing: 2px; padding: 3px 6px; }}
        QToolBar::separator {{ background: {theme.border}; width: 1px; margin: 5px 6px; }}
        QToolBar QToolButton {{ border: none; border-radius: 4px; padding: 4px; }}
        QToolBar QToolButton:hover {{ background: {theme.layer_background}; }}
        QToolBar QToolButton:pressed, QToolBar QToolButton:checked
            {{ background: {theme.selection_inactive.background}; }}
        QMenuBar {{ background: {theme.window}; border: none; padding: 1px 4px; }}
        QMenuBar::item {{ padding: 4px 8px; border-radius: 4px; background: transparent; }}
        QMenuBar::item:selected {{ background: {theme.layer_background}; }}
        QStatusBar {{ background: {theme.window}; border-top: 1px solid {theme.border}; }}
        QStatusBar::item {{ border: none; }}
        QDockWidget::title {{ background: {theme.window}; padding: 5px 8px; text-align: left; }}
        QHeaderView {{ background: {theme.window}; border: none; }}
        QHeaderView::section {{ background: {theme.window}; color: {theme.muted}; border: none;
                                border-right: 1px solid {theme.border};
                                border-bottom: 1px solid {theme.border}; padding: 4px 6px; }}
        QAbstractItemView {{ outline: none; }}
        QTabBar::tab {{ background: transparent; color: {theme.muted}; border: none;
                        border-bottom: 2px solid transparent; padding: 5px 10px; }}
        QTabBar::tab:selected {{ color: {theme.text}; border-bottom-color: {theme.accent}; }}
        QTabBar::tab:hover {{ color: {theme.text}; }}
        QTabWidget::pane {{ border: none; border-top: 1px solid {theme.border}; }}
        QPushButton {{ background: {theme.base}; color: {theme.text}; border: 1px solid {theme.border};
                       border-radius: 5px; padding: 5px 14px; }}
        QPushButton:hover {{ border-color: {theme.accent}; }}
        QPushButton:focus {{ border: 2px solid {theme.accent}; padding: 4px 13px; }}
        QPushButton:pressed {{ background: {theme.layer_background}; }}
        QPushButton:disabled {{ color: {theme.disabled}; }}
        QPushButton:default {{ background: {theme.selection.background}; color: {theme.selection.text};
                               border-color: {theme.selection.background}; }}
        QPushButton:default:focus {{ border-color: {theme.text}; }}
        QPushButton:default:disabled {{ background: {theme.window}; color: {theme.disabled};
                                        border-color: {theme.border}; }}
        QToolButton {{ icon-size: {grown(16)}px; }}
        QToolButton:focus {{ border: 1px solid {theme.accent}; border-radius: 4px; }}
        QTabBar:focus {{ background: {theme.layer_background}; }}
        QLineEdit {{ border: 1px solid {theme.muted}; border-radius: 4px; padding: 3px 4px; }}
        QLineEdit:focus {{ border-color: {theme.accent}; }}
        QRadioButton::indicator {{ width: {dot}px; height: {dot}px; border: 1px solid {theme.muted};
            border-radius: {dot // 2 + 1}px; background: {theme.base}; }}
        QRadioButton::indicator:hover, QRadioButton::indicator:focus {{ border-color: {theme.accent}; }}
        QRadioButton::indicator:checked {{ width: {dot - 6}px; height: {dot - 6}px; border: 4px solid {theme.accent}; }}
        QRadioButton::indicator:disabled {{ border-color: {theme.disabled}; }}
        QCheckBox::indicator, QAbstractItemView::indicator {{ width: {grown(13)}px; height: {grown(13)}px;
            border: 1px solid {theme.muted}; border-radius: 3px; background: {theme.base}; }}
        QCheckBox::indicator:hover, QCheckBox::indicator:focus {{ border-color: {theme.accent}; }}
        QCheckBox::indicator:checked, QAbstractItemView::indicator:checked {{
            background: {theme.selection.background}; border-color: {theme.selection.background};
            image: url("{check}"); }}
        QCheckBox::indicator:disabled {{ border-color: {theme.disabled}; }}
        QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {theme.muted}; }}
        QSlider::groove:horizontal:disabled {{ background: {theme.border}; }}
        QSlider::sub-page:horizontal {{ border-radius: 2px; background: {theme.accent}; }}
        QSlider::sub-page:horizontal:disabled {{ background: {theme.border}; }}
        QSlider::handle:horizontal {{ width: 14px; margin: -6px 0; border-radius: 7px;
                                      background: {theme.base}; border: 1px solid {theme.muted}; }}
        QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{ border-color: {theme.accent}; }}
        QSlider::handle:horizontal:disabled {{ border-color: {theme.disabled}; }}
        QScrollBar {{ background: transparent; border: none; }}
        QScrollBar:vertical {{ width: 11px; }}
        QScrollBar:horizontal {{ height: 11px; }}
        QScrollBar::handle {{ background: {theme.scroll_handle}; border-radius: 4px; margin: 2px; }}
        QScrollBar::handle:hover {{ background: {theme.muted}; }}
        QScrollBar::handle:vertical {{ min-height: 28px; }}
        QScrollBar::handle:horizontal {{ min-width: 28px; }}
        QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
        QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
        QToolTip {{ background: {theme.base}; color: {theme.text}; border: 1px solid {theme.border};
                    padding: 3px; }}
    """
