"""Scores of single samples, for those who look for what went wrong."""

import csv
import io

from xemogpt.benchmark.cells import safe
from xemogpt.benchmark.report import BenchReport
from xemogpt.metrics.results import COLUMNS, MEASURES


def samples_csv(report: BenchReport) -> str:
    """Scores of every sample under every run."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["system", "id", "scenario", "modality", *MEASURES, "names_emotion", "missing"])
    for score in report.of_role("run"):
        for row, record in enumerate(report.records):
            missing = int(record.id not in score.said)
            for i, column in enumerate(COLUMNS):
                values = [f"{v:.6f}" if v == v else "" for v in score.report.values[row, i]]
                hit = score.hits[row]
                names = "" if hit != hit or column != "overall" else int(hit)
                group = safe(record.scenario or "")
                writer.writerow(
                    [safe(score.name), safe(record.id), group, column, *values, names, missing]
                )
    return out.getvalue()
