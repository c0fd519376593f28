"""What the analysis says, as arrays over all segments."""

import numpy as np

from tcpladder.tcp.analysis import WholeAnalysis


def said_of_segments(analysis: WholeAnalysis, name: str) -> np.ndarray:
    """One of its arrays; of what few segments have, too."""
    if hasattr(analysis, name):
        return getattr(analysis, name)
    return getattr(analysis, f"{name}_at")(np.arange(len(analysis.marks)))
