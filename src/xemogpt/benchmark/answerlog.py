"""``answers.jsonl``: every answer as it comes, on disk before the next is asked for.

The first line states what run it is; then a line an answer or failure, of which the last for a
sample counts. A line that a kill cut in half is dropped when the run goes on.
"""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from xemogpt.benchmark.runlog import Answer, RunFailure
from xemogpt.errors import OutputError
from xemogpt.files import atomic_write

Result = Answer | RunFailure
MAX_SHOWN = 3


class AnswerLog:
    """The answers of a run that may be interrupted at any time.

    Args:
        path: the file; made if it is not there.
        identity: what results depend on. A file of another run is refused.

    Raises:
        OutputError: if the file belongs to another run, or cannot be written.
    """

    def __init__(self, path: Path, identity: dict[str, Any]) -> None:
        header = json.dumps({"run": identity}, sort_keys=True, ensure_ascii=False)
        self.path = path
        self.results: dict[str, Result] = {}
        """The last result of each sample."""
        lines = _whole_lines(path)
        if first := next(lines, None):
            _check_same(first, json.loads(header), path)
            self.results = {result.id: result for line in lines if (result := _parse(line))}
        # Rewriting drops what a kill left half done.
        with atomic_write(path) as file:
            file.write(header + "\n")
            for result in self.results.values():
                file.write(_line(result))
        self._file = path.open("a", encoding="utf-8")

    def add(self, results: Sequence[Result]) -> None:
        """Append results and see them onto the disk."""
        try:
            for result in results:
                self._file.write(_line(result))
                self._file.flush()
                os.fsync(self._file.fileno())
                self.results[result.id] = result
        except OSError as error:
            raise OutputError(
                f"cannot write {self.path}: {error.strerror}; make room and run again: what is"
                " done is kept"
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _line(result: Result) -> str:
    kind = "answer" if isinstance(result, Answer) else "failure"
    row = {kind: result.model_dump(mode="json", exclude_defaults=True)}
    return json.dumps(row, ensure_ascii=False) + "\n"


def _whole_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Objects of the lines that can be read."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict) and line.endswith(b"\n"):
                yield row


def _parse(row: dict[str, Any]) -> Result | None:
    try:
        if "answer" in row:
            return Answer.model_validate(row["answer"])
        return RunFailure.model_validate(row.get("failure"))
    except ValidationError:
        return None


def _check_same(found: dict[str, Any], wanted: dict[str, Any], path: Path) -> None:
    there, here = found.get("run"), wanted["run"]
    if not isinstance(there, dict):
        raise OutputError(f"{path} is not of a bench run; choose another --out")
    different = [key for key in sorted({*there, *here}) if there.get(key) != here.get(key)]
    if different:
        shown = "; ".join(
            f"{key}: {json.dumps(there.get(key))[:80]} there, {json.dumps(here.get(key))[:80]} here"
            for key in different[:MAX_SHOWN]
        )
        raise OutputError(
            f"{path.parent} holds another run ({shown}); choose another --out, or delete it"
        )
