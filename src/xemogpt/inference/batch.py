"""Explaining many clips into one JSON Lines file: resumable, nothing lost, failures listed."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import ValidationError

from xemogpt.errors import OutputError
from xemogpt.files import atomic_write
from xemogpt.inference.explainer import Explainer
from xemogpt.inference.requests import Failure, Request
from xemogpt.schema import Explanation


@dataclass(frozen=True)
class BatchSummary:
    """What came of a batch."""

    num_explained: int
    num_resumed: int
    """How many of those an earlier, interrupted run had already explained."""
    failures: tuple[Failure, ...]


def explain_to_file(
    explainer: Explainer,
    requests: Iterable[Request],
    out: Path,
    on_result: Callable[[Explanation | Failure], None] = lambda result: None,
) -> BatchSummary:
    """Explain ``requests`` into ``out``, one JSON object a line, in the order given.

    Until the end, lines gather in ``out`` + ``.partial``; a run that finds one made with the same
    model and settings goes on after it. Failures are written to ``out`` + ``.errors.jsonl``, and
    a later run tries them again.

    Raises:
        OutputError: if the place cannot be written, or another run is writing it.
    """
    requests = list(requests)
    partial = out.with_name(out.name + ".partial")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(str(partial) + ".lock", timeout=0):
            summary = _run(explainer, requests, partial, on_result)
            lines = _read_lines(partial)
            with atomic_write(out) as file:
                for request in requests:
                    if line := lines.get(request.key):
                        file.write(line + "\n")
            _write_failures(summary.failures, out.with_name(out.name + ".errors.jsonl"))
            partial.unlink()
    except Timeout:
        raise OutputError(f"another run is writing {out}; wait for it or choose another") from None
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"cannot write {out}: {error.strerror}; choose another place") from error
    return summary


def _run(
    explainer: Explainer,
    requests: list[Request],
    partial: Path,
    on_result: Callable[[Explanation | Failure], None],
) -> BatchSummary:
    signature = json.dumps({"settings": explainer.signature()}, sort_keys=True)
    done = _read_lines(partial) if _first_line(partial) == signature else {}
    # Rewriting drops the half line that a killed run may have left.
    with atomic_write(partial) as file:
        file.write(signature + "\n")
        file.writelines(f"{key}\t{line}\n" for key, line in done.items())
    failures = []
    with partial.open("a", encoding="utf-8") as file:
        todo = [request for request in requests if request.key not in done]
        for request, result in zip(todo, explainer.explain_each(todo), strict=True):
            if isinstance(result, Failure):
                failures.append(result)
            else:
                file.write(f"{request.key}\t{result.to_json()}\n")
                file.flush()
            on_result(result)
    return BatchSummary(len(requests) - len(failures), len(requests) - len(todo), tuple(failures))


def _first_line(path: Path) -> str | None:
    if not path.exists():
        return None
    with path.open(encoding="utf-8") as file:
        return file.readline().rstrip("\n")


def _read_lines(path: Path) -> dict[str, str]:
    """Whole explanations in ``path`` by request key."""
    return dict(_whole_lines(path)) if path.exists() else {}


def _whole_lines(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8") as file:
        next(file, None)  # the signature
        for line in file:
            key, _, explanation = line.rstrip("\n").partition("\t")
            try:
                Explanation.model_validate_json(explanation)
            except ValidationError:
                return  # cut off by a kill; what follows, if anything, is explained again
            yield key, explanation


def _write_failures(failures: tuple[Failure, ...], path: Path) -> None:
    if not failures:
        path.unlink(missing_ok=True)
        return
    with atomic_write(path) as file:
        for failure in failures:
            kind = type(failure.error).__name__
            row = {"media": failure.request.name, "error": kind, "message": str(failure.error)}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
