"""Spans of time and counts as a person reads them."""

from tcpladder.texts import _

_MS, _SECOND = 1_000_000, 1_000_000_000


def span_text(span_ns: int) -> str:
    """A span of time with three figures after the unit that fits: "0.105 ms", "41.00 ms", "2.031 s", "4 min 10 s"."""
    if span_ns < 0:
        return _("−{span}").format(span=span_text(-span_ns))
    if span_ns >= 60 * _SECOND:
        minutes, seconds = divmod(round(span_ns / _SECOND), 60)
        if minutes < 60:
            return _("{minutes} min {seconds} s").format(minutes=minutes, seconds=seconds)
        return _("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)
    if span_ns >= 999_950_000:
        return _("{seconds} s").format(seconds=f"{span_ns / _SECOND:.3f}")
    ms = span_ns / _MS
    decimals = 3 if ms < 9.9995 else 2 if ms < 99.995 else 1
    return _("{milliseconds} ms").format(milliseconds=f"{ms:.{decimals}f}")


def count_text(count: int) -> str:
    """A count with its thousands set apart: "16,384"."""
    return f"{count:,}"
