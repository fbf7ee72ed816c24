"""The formats by name, and finding out which one a file has."""

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from xemogpt.emocue.formats.base import Exported, Format, Imported
from xemogpt.emocue.formats.media import MediaFolder
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.errors import DatasetError
from xemogpt.registry import Registry

_HERE = "xemogpt.emocue.formats"
formats: Registry[Any] = Registry("format")
formats.register("emer-v2", f"{_HERE}.emer:EmerV2")
formats.register("emer-v1", f"{_HERE}.emer:EmerV1")
formats.register("openset", f"{_HERE}.emer:OpenSet")
formats.register("mer-caption", f"{_HERE}.mercaption:MerCaption")
formats.register("mer-preference", f"{_HERE}.preference:MerPreference")
formats.register("merr-text", f"{_HERE}.merr:MerrText")
formats.register("merr-json", f"{_HERE}.merr:MerrJson")
formats.register("mer-factory", f"{_HERE}.merfactory:MerFactory")
formats.register("sharegpt", f"{_HERE}.sharegpt:ShareGPT")
formats.register("llama-factory", f"{_HERE}.sharegpt:LlamaFactory")
formats.register("ms-swift", f"{_HERE}.sharegpt:MsSwift")
formats.register("emocue-cues", f"{_HERE}.jsonfile:EmoCueCues")
formats.register("goemotions", f"{_HERE}.goemotions:GoEmotions")
formats.register("openface", f"{_HERE}.openface:OpenFace")
formats.register("parquet", f"{_HERE}.registry:ParquetFiles")
formats.register("webdataset", f"{_HERE}.registry:WebDatasetShards")
formats.register("huggingface", f"{_HERE}.registry:HuggingFaceFolder")


def open_format(name: str) -> Format:
    """The format of that name.

    Raises:
        UnknownNameError: if there is none; the message lists what there is.
    """
    found: Format = formats.get(name)()
    return found


def detect_format(paths: Sequence[Path]) -> Format:
    """The one format that all files have.

    Raises:
        DatasetError: if no format fits, or several do; the message names them.
    """
    for path in paths:
        if not path.exists():
            raise DatasetError(f"{path} does not exist")
    known = [open_format(name) for name in formats.names()]
    fitting = [found for found in known if all(found.detect(path) for path in paths)]
    if len(fitting) == 1:
        return fitting[0]
    shown = ", ".join(map(str, paths[:3]))
    if fitting:
        names = ", ".join(found.name for found in fitting)
        raise DatasetError(f"{shown}: may be {names}; say which with --format")
    mixed = {found.name for found in known for path in paths if found.detect(path)}
    if len(paths) > 1 and mixed:
        raise DatasetError(
            f"{shown}: no one format fits all files, but {', '.join(sorted(mixed))} fit some;"
            " import each format by itself"
        )
    raise DatasetError(
        f"{shown}: not recognised by its columns or keys; say which with --format, one of"
        f" {', '.join(formats.names())}"
    )


class _Written:
    """A layout that is only written: the module does it, once it is needed."""

    name: str
    module: str

    def detect(self, path: Path) -> bool:
        """See ``Format``: corpora in our own layouts are opened as they are."""
        return False

    def read(self, paths: Sequence[Path], media_folder: MediaFolder | None = None) -> Imported:
        """See ``Format``.

        Raises:
            DatasetError: always.
        """
        raise DatasetError(f"{self.name} files are written by this package, not imported")

    def write(
        self, records: Iterable[EmoCueRecord], out: Path, folder: Path | None = None
    ) -> Exported:
        """See ``Format``."""
        module: Any = import_module(f"{_HERE}.{self.module}")
        found: Exported = module.FORMAT.write(records, out, folder)
        return found


class ParquetFiles(_Written):
    """One row a record, nested fields as nested columns."""

    name, module = "parquet", "parquet"


class WebDatasetShards(_Written):
    """Tar files with records and clips side by side."""

    name, module = "webdataset", "webdataset"


class HuggingFaceFolder(_Written):
    """Parquet by split, media and a data card."""

    name, module = "huggingface", "huggingface"
