"""Which tables the Statistics menu offers."""

from tcpladder.statistics.conversations import conversations, endpoints
from tcpladder.statistics.expert import expert_findings
from tcpladder.statistics.hierarchy import hierarchy
from tcpladder.statistics.lengths import packet_lengths
from tcpladder.statistics.pairs import KINDS, kind_title
from tcpladder.texts import _
from tcpladder.ui.windows.table_window import Statistic


def statistics() -> list[Statistic]:
    """In the order of the menu; the titles are in the language in use."""
    kinds = {kind: kind_title(kind) for kind in KINDS}
    return [
        Statistic("expert", _("Expert Findings"), lambda columns, _kind, rows: expert_findings(columns, rows)),
        Statistic("hierarchy", _("Protocol Hierarchy"), lambda columns, _kind, rows: hierarchy(columns, rows)),
        Statistic("conversations", _("Conversations"), conversations, kinds),
        Statistic("endpoints", _("Endpoints"), endpoints, kinds),
        Statistic("packet-lengths", _("Packet Lengths"), lambda columns, _kind, rows: packet_lengths(columns, rows)),
    ]
