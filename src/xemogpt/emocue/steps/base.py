"""What a step is, and what steps share in one process."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from xemogpt.emocue.annotators.base import Annotator, Shown
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.emocue.settings import BuildSettings

if TYPE_CHECKING:
    from xemogpt.signals.meter import Meter
    from xemogpt.signals.timeline import Measurement

StepFunction = Callable[[EmoCueRecord, "Tools"], EmoCueRecord]
"""Pure: the same record, media and settings give the same record."""


@dataclass
class Tools:
    """Detectors and annotators, loaded when first needed and kept; one for each process."""

    folder: Path
    """That the media of records are relative to."""
    settings: BuildSettings
    open_annotators: Callable[[BuildSettings], tuple[Annotator, ...]]
    num_threads: int = 1
    _meter: "Meter | None" = None
    _annotators: tuple[Annotator, ...] | None = None
    _measured: "tuple[str, Measurement] | None" = field(default=None, repr=False)

    @property
    def annotators(self) -> tuple[Annotator, ...]:
        """Those of the settings."""
        if self._annotators is None:
            self._annotators = self.open_annotators(self.settings)
        return self._annotators

    @property
    def meter(self) -> "Meter":
        """The detectors."""
        if self._meter is None:
            from xemogpt.signals.meter import Meter

            self._meter = Meter(fps=self.settings.fps, num_threads=self.num_threads)
        return self._meter

    def measurement(self, record: EmoCueRecord) -> "Measurement":
        """Cues and curves of a clip; those of the last clip are kept, for steps share them.

        Raises:
            MediaError: if the media cannot be decoded.
            WeightsError: if a detector's weights are not there.
        """
        if self._measured is None or self._measured[0] != record.id:
            # Cut into windows, measured, and joined.
            from xemogpt.emocue.steps.measure import measure_media

            self._measured = record.id, measure_media(record, self)
        return self._measured[1]

    def shown(self, record: EmoCueRecord) -> Shown:
        """What an annotator sees of a record."""
        media = None if record.media is None else record.media_path(self.folder)
        return Shown(record, media, zlib.crc32(f"{self.settings.seed}/{record.id}".encode()))
