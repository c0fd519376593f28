"""What deserves attention: every kind of expert remark in the capture, and in how many packets it stands."""

import re
from dataclasses import dataclass

import numpy as np

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.expert_info import SEVERITIES, remarks
from tcpladder.protocols.frame import COMMENT, COMMENT_EXPERT
from tcpladder.statistics.pairs import Rows
from tcpladder.statistics.table import Table, number_column, text_column
from tcpladder.texts import _

_PLACE = re.compile(r"\{[^}]*\}")      # where the remark of one packet shows a value


@dataclass(frozen=True, slots=True)
class _Kind:
    severity: int
    group: str
    summary: str
    name: str
    count: int
    first_row: int


def expert_findings(columns: ColumnTable, rows: Rows | None = None) -> Table:
    """One row per kind of remark, the gravest and most frequent first."""
    found: list[_Kind] = []
    declared = {spec.name: (spec, *grade) for spec, grade in remarks().items()}     # some are declared in many places
    rows_of = columns.rows_having(name for name, (spec, *_grade) in declared.items() if spec is not COMMENT_EXPERT)
    for spec, severity, group in declared.values():
        if spec is COMMENT_EXPERT:
            commented = columns.capture.commented_rows
            name, own = COMMENT.name, np.unique(commented[commented < columns.frame_count])
        else:
            name, own = spec.name, rows_of[spec.name].astype(np.int64)
        if rows is not None:
            own = own[np.isin(own, rows)]
        if len(own):
            found.append(_Kind(SEVERITIES[severity], group, _PLACE.sub("…", spec.label), name, len(own), int(own[0])))
    found.sort(key=lambda kind: (-kind.severity, -kind.count, kind.name))
    names = {number: name for name, number in SEVERITIES.items()}
    return Table((
        text_column(_("Severity"), np.array([-kind.severity for kind in found]),
                    lambda place: names[found[place].severity]),
        text_column(_("Group"), _ranks([kind.group for kind in found]), lambda place: found[place].group),
        text_column(_("Summary"), _ranks([kind.summary for kind in found]), lambda place: found[place].summary),
        number_column(_("Packets"), np.array([kind.count for kind in found], np.int64)),
        text_column(_("Field"), _ranks([kind.name for kind in found]), lambda place: found[place].name),
    ), np.array([kind.first_row for kind in found], np.int64), lambda place: found[place].name)


def _ranks(texts: list[str]) -> np.ndarray:
    return np.unique(texts, return_inverse=True)[1] if texts else np.zeros(0, np.int64)
