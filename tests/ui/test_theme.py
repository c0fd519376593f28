"""Colours that can be read: contrast as WCAG 2 computes it, 4.5 : 1 or more for every text."""

from dataclasses import fields

import pytest

from tcpladder.filters import compile_filter
from tcpladder.ui.row_colours import USUAL_FILTERS
from tcpladder.ui.theme import DARK, LIGHT, Pair


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, definition)."""
    parts = [int(colour[at:at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_yardstick():
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
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


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_rule_has_its_colours(theme):
    assert set(theme.rows) == set(USUAL_FILTERS)


@pytest.mark.parametrize(("name", "background", "text"), [
    ("bad-tcp", "#12272E", "#F78787"), ("arp", "#FAF0D7", "#12272E"), ("reset", "#A40000", "#FFFC9C"),
    ("http", "#E4FFC7", "#12272E"), ("tcp", "#E7E6FF", "#12272E"), ("udp", "#DAEEFF", "#12272E"),
])
def test_the_light_colours_are_those_that_people_know(name, background, text):
    assert LIGHT.rows[name] == Pair(background, text)
