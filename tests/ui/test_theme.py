"""Colours that can be read: contrast as WCAG 2 computes it, 4.5 : 1 or more for every text."""

import itertools
import math
from dataclasses import fields

import pytest

from tcpladder.filters import compile_filter
from tcpladder.tcp.pictures.palette import PAPER_INKS, STATE_INKS, TEXT_INKS, Ink
from tcpladder.ui.packets.row_colours import USUAL_FILTERS
from tcpladder.ui.theme import DARK, LIGHT, SAFE_DARK, SAFE_LIGHT, Pair

# Machado, Oliveira and Fernandes (2009), table 1, severity 1.0: what is seen of linear red, green and blue.
PROTANOPIA = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
NORMAL = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
THEMES = {"light": LIGHT, "dark": DARK, "safe light": SAFE_LIGHT, "safe dark": SAFE_DARK}
every_theme = pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
safe_theme = pytest.mark.parametrize("theme", [SAFE_LIGHT, SAFE_DARK], ids=["light", "dark"])


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, definition)."""
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(colour: str) -> list[float]:
    parts = [int(colour[at:at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def seen(colour: str, eye) -> tuple[float, float, float]:
    """CIE L*, a*, b* (D65) of what an eye makes of a colour."""
    red, green, blue = (min(1, max(0, sum(part * value for part, value in zip(row, linear(colour), strict=True))))
                        for row in eye)
    tristimulus = ((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
                   0.2126 * red + 0.7152 * green + 0.0722 * blue,
                   (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089)
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in tristimulus)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def least_distance(colours: dict[str, str]) -> tuple[float, str, str]:
    """The two colours that are hardest to tell apart for any of the eyes, and how far apart they are (delta E 1976)."""
    return min((math.dist(seen(colours[one], eye), seen(colours[other], eye)), one, other)
               for one, other in itertools.combinations(colours, 2) for eye in (NORMAL, PROTANOPIA, DEUTERANOPIA))


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_yardstick():
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@every_theme
def test_every_text_can_be_read(theme):
    pairs = dict(theme.rows)
    pairs |= {item.name: getattr(theme, item.name) for item in fields(theme)
              if isinstance(getattr(theme, item.name), Pair)}
    for background in ("window", "base", "layer_background", "hover_background"):
        pairs[f"text on {background}"] = Pair(getattr(theme, background), theme.text)
    for background in ("window", "base"):
        pairs[f"muted on {background}"] = Pair(getattr(theme, background), theme.muted)
        pairs[f"accent on {background}"] = Pair(getattr(theme, background), theme.accent)
    poor = {name: pair for name, pair in pairs.items() if contrast(pair.background, pair.text) < 4.5}
    assert not poor


@pytest.mark.parametrize("name", USUAL_FILTERS)
def test_every_rule_is_a_filter(name):
    assert compile_filter(USUAL_FILTERS[name])


@every_theme
def test_every_rule_has_its_colours(theme):
    assert set(theme.rows) == set(USUAL_FILTERS)


@pytest.mark.parametrize(("name", "background", "text"), [
    ("bad-tcp", "#12272E", "#F78787"), ("arp", "#FAF0D7", "#12272E"), ("reset", "#A40000", "#FFFC9C"),
    ("http", "#E4FFC7", "#12272E"), ("tcp", "#E7E6FF", "#12272E"), ("udp", "#DAEEFF", "#12272E"),
])
def test_the_light_colours_are_those_that_people_know(name, background, text):
    assert LIGHT.rows[name] == Pair(background, text)


@every_theme
def test_texts_of_diagrams_can_be_read(theme):
    palette = theme.diagram
    pairs = [(text, paper) for text in TEXT_INKS for paper in PAPER_INKS]
    pairs += [(Ink.ON_STATE, ink) for ink in STATE_INKS.values() if ink is not Ink.IDLE]    # which bears no text
    assert not [pair for pair in pairs if contrast(palette[pair[0]], palette[pair[1]]) < 4.5]


@safe_theme
def test_safe_lines_are_told_apart_without_red_and_green(theme):
    inks = (Ink.SYN_LINE, Ink.FIN_LINE, Ink.RST_LINE, Ink.DATA_LINE, Ink.TROUBLE_LINE)
    assert least_distance({ink.name: theme.diagram[ink] for ink in inks}) > (20, "", "")


@safe_theme
def test_safe_states_are_told_apart_without_red_and_green(theme):
    assert least_distance({ink.name: theme.diagram[ink] for ink in STATE_INKS.values()}) > (15, "", "")


@safe_theme
def test_safe_rows_are_told_apart_without_red_and_green(theme):
    """A row is a background and a text; rows that mean the same trouble look the same."""
    backgrounds = {pair.background for pair in theme.rows.values()}
    assert least_distance({colour: colour for colour in backgrounds}) > (6, "", "")
