"""The window: PySide6 and pyqtgraph live here and nowhere else."""

# Before Qt: of each module that is imported after it, PySide6 reads the source, a tenth of a second in all.
import tcpladder.decode.summary_columns
import tcpladder.exports.list_columns
import tcpladder.packets.copying
import tcpladder.packets.merging
import tcpladder.statistics.lengths
import tcpladder.tcp.explain
import tcpladder.tcp.fields
import tcpladder.tcp.pictures.state_scene
import tcpladder.work.forked  # noqa: F401
