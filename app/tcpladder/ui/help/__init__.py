"""What helps: guide, lessons, what is this, the log, reports of mistakes."""
