"""The Time column: a packet's time in the ten ways that people are used to."""

import datetime
from enum import Enum

from tcpladder.fields.show import seconds_text
from tcpladder.packets.capture import NO_TIME
from tcpladder.texts import _

_NANOSECONDS = 1_000_000_000
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class TimeFormat(Enum):
    """What the Time column shows."""

    RELATIVE = "relative"
    DATE_TIME = "date-time"
    YEAR_DAY_TIME = "year-day-time"
    TIME_OF_DAY = "time-of-day"
    EPOCH = "epoch"
    DELTA = "delta"
    DELTA_SHOWN = "delta-shown"
    UTC_DATE_TIME = "utc-date-time"
    UTC_YEAR_DAY_TIME = "utc-year-day-time"
    UTC_TIME_OF_DAY = "utc-time-of-day"

    @property
    def title(self) -> str:
        """The name in the menu."""
        return _TITLES[self]()


_TITLES = {
    TimeFormat.DATE_TIME: lambda: _("Date and Time of Day"),
    TimeFormat.YEAR_DAY_TIME: lambda: _("Year, Day of Year, and Time of Day"),
    TimeFormat.TIME_OF_DAY: lambda: _("Time of Day"),
    TimeFormat.EPOCH: lambda: _("Seconds Since 1970-01-01"),
    TimeFormat.RELATIVE: lambda: _("Seconds Since First Captured Packet"),
    TimeFormat.DELTA: lambda: _("Seconds Since Previous Captured Packet"),
    TimeFormat.DELTA_SHOWN: lambda: _("Seconds Since Previous Displayed Packet"),
    TimeFormat.UTC_DATE_TIME: lambda: _("UTC Date and Time of Day"),
    TimeFormat.UTC_YEAR_DAY_TIME: lambda: _("UTC Year, Day of Year, and Time of Day"),
    TimeFormat.UTC_TIME_OF_DAY: lambda: _("UTC Time of Day"),
}

_PATTERNS = {
    TimeFormat.DATE_TIME: "%Y-%m-%d %H:%M:%S",
    TimeFormat.YEAR_DAY_TIME: "%Y/%j %H:%M:%S",
    TimeFormat.TIME_OF_DAY: "%H:%M:%S",
}
_LOCAL_TWINS = {
    TimeFormat.UTC_DATE_TIME: TimeFormat.DATE_TIME,
    TimeFormat.UTC_YEAR_DAY_TIME: TimeFormat.YEAR_DAY_TIME,
    TimeFormat.UTC_TIME_OF_DAY: TimeFormat.TIME_OF_DAY,
}


def precision_titles() -> dict[int | None, str]:
    """The names of the precisions of the Time column, by decimals; None: as in the capture."""
    return {None: _("As in the Capture"), 0: _("Seconds"), 1: _("Tenths of a Second"), 2: _("Hundredths of a Second"),
            3: _("Milliseconds"), 6: _("Microseconds"), 9: _("Nanoseconds")}


def time_text(time_ns: int, form: TimeFormat, reference_ns: int, digits: int) -> str:
    """A time with so many decimals; "" where the packet has none.

    reference_ns is what the relative and delta formats count from: the time of the first packet, or of the
    one before; NO_TIME where there is none, which counts as no distance.
    """
    if time_ns == NO_TIME:
        return ""
    if form in (TimeFormat.RELATIVE, TimeFormat.DELTA, TimeFormat.DELTA_SHOWN):
        return _with_digits(seconds_text(0 if reference_ns == NO_TIME else time_ns - reference_ns), digits)
    if form is TimeFormat.EPOCH:
        return _with_digits(seconds_text(time_ns), digits)
    seconds, fraction = divmod(time_ns, _NANOSECONDS)
    moment = _EPOCH + datetime.timedelta(seconds=seconds)
    if form in _LOCAL_TWINS:
        form = _LOCAL_TWINS[form]
    else:
        moment = moment.astimezone()
    return _with_digits(f"{moment.strftime(_PATTERNS[form])}.{fraction:09d}", digits)


def _with_digits(text: str, digits: int) -> str:
    """Text that ends in nine decimals, cut to so many."""
    return text[:len(text) - 9 + digits] if digits else text[:-10]
