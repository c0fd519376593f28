"""How well a text can be read on its background, and colours for the dark theme that can."""

from functools import lru_cache

from PySide6.QtGui import QColor

from tcpladder.ui.theme import DARK, LIGHT, Pair, Theme

READABLE = 4.5      # WCAG 2.2, success criterion 1.4.3
_DARK_ENOUGH = 9.0          # contrast to white
_DARK_BACKGROUND = 0.17     # lightness, 0 to 1
_MOST_SATURATION = 0.5
_STEP = 0.04
_NAMES = {pair: name for name, pair in LIGHT.rows.items()}


def contrast(pair: Pair) -> float:
    """The contrast ratio, 1 to 21 (WCAG 2.2, definition)."""
    darker, lighter = sorted((_luminance(pair.background), _luminance(pair.text)))
    return (lighter + 0.05) / (darker + 0.05)


def twin(pair: Pair, theme: Theme) -> Pair:
    """Colours of the standard light theme as another theme has them; those of the person are theirs in any set."""
    if pair in _NAMES:
        return theme.rows[_NAMES[pair]]
    return dark_twin(pair) if theme.is_dark else pair


@lru_cache(maxsize=256)
def dark_twin(pair: Pair) -> Pair:
    """The same hues for the dark theme: a dark background, and a text light enough to be read on it.

    Colours that the theme knows have the twins that it gives them.
    """
    if pair in _NAMES:
        return DARK.rows[_NAMES[pair]]
    background, text = QColor(pair.background), QColor(pair.text)
    if contrast(Pair(pair.background, "#FFFFFF")) < _DARK_ENOUGH:
        background = QColor.fromHslF(max(0.0, background.hslHueF()), min(background.hslSaturationF(), _MOST_SATURATION),
                                     _DARK_BACKGROUND)
        if text.lightnessF() < 0.5:
            text = QColor.fromHslF(max(0.0, text.hslHueF()), text.hslSaturationF(), 1 - text.lightnessF())
    lightness = text.lightnessF()
    twin = Pair(background.name().upper(), text.name().upper())
    while contrast(twin) < READABLE and lightness < 1:
        lightness = min(1.0, lightness + _STEP)
        light = QColor.fromHslF(max(0.0, text.hslHueF()), text.hslSaturationF(), lightness)
        twin = Pair(twin.background, light.name().upper())
    return twin


def _luminance(colour: str) -> float:
    parts = [int(colour[at:at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
