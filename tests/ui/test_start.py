"""What an empty window does without: it is on the screen sooner."""

import subprocess
import sys

PROGRAM = """
import sys
from tcpladder.ui.app import make_application
from tcpladder.ui.main_window import MainWindow
from tcpladder.ui.settings import Settings
application = make_application()
window = MainWindow(Settings(None))
window.show()
print(*sys.modules)
"""
LATE = {"lark", "regex", "pyqtgraph", "tcpladder.filters.compiled", "tcpladder.filters.completion",
        "tcpladder.ui.files.export_dialog", "tcpladder.ui.files.import_dialog", "tcpladder.ui.help.help_window",
        "tcpladder.ui.preferences.preferences_dialog", "tcpladder.ui.preferences.profiles_dialog",
        "tcpladder.ui.preferences.colour_rules_dialog", "tcpladder.ui.packets.comment_dialog",
        "tcpladder.ui.details.packet_diff", "tcpladder.ui.windows.follow_window"}


def test_what_nobody_has_asked_for_is_not_imported() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    imported = set(done.stdout.split())
    assert "tcpladder.ui.workspace" in imported
    assert not LATE & imported
