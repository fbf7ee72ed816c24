"""One self-contained HTML page about one explanation, with the clip in it. No network is needed."""

from xemogpt.report.page import render_report, write_report

__all__ = ["render_report", "write_report"]
