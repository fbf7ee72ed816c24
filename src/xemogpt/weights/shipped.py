"""Trained models that come with the package."""

from pathlib import Path

_FOLDER = Path(__file__).parent / "trained"


def shipped(name: str | Path) -> Path | None:
    """The folder of a model that is shipped under this name; none if there is none.

    >>> shipped("no-such-model") is None
    True
    """
    folder = _FOLDER / str(name)
    is_name = str(name) in {one.name for one in _FOLDER.glob("*")}
    return folder if is_name and (folder / "config.json").is_file() else None
