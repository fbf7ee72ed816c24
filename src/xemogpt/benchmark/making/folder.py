"""The working folder of an expert set: the names of its files, and the clips planned."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import Field, ValidationError

from xemogpt.errors import DatasetError, OutputError, XEmoGPTError
from xemogpt.schema import MODALITIES, Modality, Record

PLAN = "plan.json"
LEFT_OUT = "left_out.csv"
SHEETS = "sheets"
ASSIGNMENT = "assignment.csv"
AGREEMENT = "agreement.json"
GROUPS = "groups.jsonl"
ADJUDICATION = "adjudication"
"""Stem of the list to be decided: ``adjudication.csv`` and ``adjudication.jsonl``."""


class PlannedClip(Record):
    """One clip that annotators will watch."""

    id: str = Field(min_length=1, max_length=200)
    media: str
    """Path relative to the folder of clips, with forward slashes."""
    media_sha256: str
    duration_s: float = Field(gt=0)
    has_video: bool
    has_sound: bool
    scenario: str
    subtitle: str = ""

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """What can be annotated: nothing visual without pictures, nothing auditory unheard."""
        given = {"visual": self.has_video, "auditory": self.has_sound, "emotional": True}
        return tuple(modality for modality in MODALITIES if given[modality])


class Plan(Record):
    """The clips drawn, and everything needed to draw them again."""

    version: int = 1
    clips_folder: str
    """The folder of clips, relative to the working folder."""
    num_asked: int
    seed: int
    strata: str
    """``csv`` where scenarios were given, ``probe`` where they were derived from the files."""
    available: dict[str, int]
    """Scenario -> readable clips to draw from."""
    clips: tuple[PlannedClip, ...]


def read_plan(folder: Path) -> Plan:
    """The plan of a working folder.

    Raises:
        DatasetError: if it is not there or malformed.
    """
    path = folder / PLAN
    try:
        return Plan.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(
            f"cannot read {path}: {error.strerror or error}; "
            f"start with: xemogpt bench make plan CLIPS --out {folder}"
        ) from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} is no plan of this version: {error}") from error


@contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """A temporary neighbour that becomes ``target`` if the block succeeds, and vanishes if not.

    Raises:
        OutputError: if ``target`` holds something already, or cannot be made.
    """
    temporary = None
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise OutputError(f"{target} exists already; name a new folder, or remove it first")
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
        # mkdtemp makes private folders; results should be as readable as a folder beside them.
        temporary.chmod(0o755)
        yield temporary
        temporary.replace(target)
    except XEmoGPTError:
        raise
    except OSError as error:
        raise OutputError(
            f"cannot write {target}: {error.strerror or error}; choose a place you may write to"
        ) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
