"""The one error of this room: what is wrong with a filter, and where."""

from tcpladder.texts import _


class FilterError(ValueError):
    """A filter that cannot be used.

    message is one whole sentence; start and end delimit the characters it is about (0-based, end after
    the last). suggestion is what was probably meant to stand there, "" where nobody knows. str() adds the
    place, counted from 1 as people do.
    """

    def __init__(self, message: str, start: int, end: int, suggestion: str = "") -> None:
        super().__init__(message, start, end)
        self.message = message
        self.start = start
        self.end = end
        self.suggestion = suggestion

    def __str__(self) -> str:
        return f"{self.message}   ({self.place})"

    @property
    def place(self) -> str:
        """The columns in words."""
        if self.end - self.start <= 1:
            return _("column {column}").format(column=self.start + 1)
        return _("columns {first}–{last}").format(first=self.start + 1, last=self.end)


class FilterCancelled(Exception):
    """The evaluation was stopped because nobody wants its result any more."""
