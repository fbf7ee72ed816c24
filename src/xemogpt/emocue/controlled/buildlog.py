"""What is done of a build, kept so that a killed build goes on and ends in the same bytes.

While a corpus is being made, finished records gather in ``records.jsonl.partial`` under a line of
settings; at the end they are put in order into ``records.jsonl``, and ``manifest.json`` says what
made them.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from xemogpt.emocue.controlled.script import Script
from xemogpt.emocue.records import RECORDS, EmoCueRecord, write_records
from xemogpt.errors import DatasetError, OutputError
from xemogpt.files import atomic_write, sha256_of

MANIFEST = "manifest.json"
ERRORS = "records.errors.jsonl"
PARTIAL = RECORDS + ".partial"
FORMAT = 1
"""Of the manifest and the log."""


class BuildLog:
    """The log of one corpus folder.

    Args:
        folder: of the corpus.
        scripts: all that the corpus is to hold, in order.
        settings: what made the scripts and will make the clips, such as seed and versions.
    """

    def __init__(
        self, folder: Path, scripts: Sequence[Script], settings: Mapping[str, Any]
    ) -> None:
        self._folder = folder
        self._ids = [script.id for script in scripts]
        digest = hashlib.sha256()
        for script in scripts:
            digest.update(script.model_dump_json().encode() + b"\n")
        self._signature = {
            "format": FORMAT,
            "num": len(scripts),
            "scripts_sha256": digest.hexdigest(),
            **settings,
        }

    def resume(self) -> dict[str, EmoCueRecord]:
        """Records of earlier runs whose media are there and whole; the log is left clean.

        Raises:
            OutputError: if the folder holds something else.
        """
        kept = {
            record.id: record
            for record in self._earlier()
            if record.id in set(self._ids) and self._is_whole(record)
        }
        for stray in self._folder.glob("media/*/.*.mp4.*"):
            stray.unlink()  # of a write that was killed
        # Rewriting drops the half line that a kill may have left.
        with atomic_write(self._folder / PARTIAL) as file:
            file.write(self._header() + "\n")
            file.writelines(record.to_json() + "\n" for record in kept.values())
        return kept

    def append(self, record: EmoCueRecord) -> None:
        """Keep a finished record."""
        with (self._folder / PARTIAL).open("a", encoding="utf-8") as file:
            file.write(record.to_json() + "\n")

    def finish(
        self, records: Mapping[str, EmoCueRecord], failures: Sequence[Mapping[str, str]]
    ) -> None:
        """Write the corpus; the log stays if something is left to be tried again."""
        ordered = [records[name] for name in self._ids if name in records]
        path = write_records(self._folder, ordered)
        manifest = {
            **self._signature,
            "num_failed": len(failures),
            "records_sha256": sha256_of(path),
            "media_sha256": {record.media: record.media_sha256 for record in ordered},
        }
        with atomic_write(self._folder / MANIFEST) as file:
            json.dump(manifest, file, indent=1, sort_keys=True)
            file.write("\n")
        errors = self._folder / ERRORS
        if failures:
            with atomic_write(errors) as file:
                file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in failures)
        else:
            errors.unlink(missing_ok=True)
            (self._folder / PARTIAL).unlink(missing_ok=True)

    def _header(self) -> str:
        return json.dumps(self._signature, sort_keys=True)

    def _earlier(self) -> Iterator[EmoCueRecord]:
        """Records that an earlier run with the same settings left.

        Raises:
            OutputError: if they were made otherwise.
        """
        partial, manifest = self._folder / PARTIAL, self._folder / MANIFEST
        if partial.is_file():
            with partial.open(encoding="utf-8") as file:
                header = file.readline().rstrip("\n")
                if header:  # A kill may have come before the first line.
                    self._check(_parsed(header, partial))
                yield from _whole_records(file)
        elif manifest.is_file():
            self._check(_parsed(manifest.read_text(encoding="utf-8"), manifest))
            if (self._folder / RECORDS).is_file():
                with (self._folder / RECORDS).open(encoding="utf-8") as file:
                    yield from _whole_records(file)
        elif (self._folder / RECORDS).is_file():
            raise OutputError(
                f"{self._folder} holds a {RECORDS} that `xemogpt data controlled` did not make;"
                " choose another folder"
            )

    def _check(self, found: Mapping[str, Any]) -> None:
        """Refuse to mix two corpora.

        Raises:
            OutputError: naming what differs.
        """
        differing = [
            f"{name} {_brief(found.get(name))} instead of {_brief(wanted)}"
            for name, wanted in self._signature.items()
            if found.get(name) != wanted
        ]
        if differing:
            raise OutputError(
                f"{self._folder} was made with other settings ({'; '.join(differing)});"
                " choose another folder, or delete this one"
            )

    def _is_whole(self, record: EmoCueRecord) -> bool:
        path = record.media_path(self._folder)
        return path.is_file() and sha256_of(path) == record.media_sha256


def _whole_records(lines: Iterable[str]) -> Iterator[EmoCueRecord]:
    """Records up to the first line that a kill cut off."""
    for line in lines:
        try:
            yield EmoCueRecord.model_validate_json(line)
        except ValidationError:
            return


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise DatasetError(
            f"{path} is damaged: {error}; delete {path.parent} to make it again"
        ) from error
    return found if isinstance(found, dict) else {}


def _brief(value: Any) -> str:
    """A value short enough for a message; hashes by their beginning."""
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= 60 else f"{text[:57]}..."
