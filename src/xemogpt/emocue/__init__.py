"""EmoCue: corpora whose samples carry emotional cues, their times and where they come from."""

from xemogpt.emocue.records import EmoCueRecord, Label, Step, read_records, write_records

__all__ = ["EmoCueRecord", "Label", "Step", "read_records", "write_records"]
