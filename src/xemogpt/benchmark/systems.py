"""Systems under test: anything that answers samples, from a model here to a file of answers."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from xemogpt.benchmark.endpoint import EndpointSystem
from xemogpt.benchmark.predictions import read_predictions
from xemogpt.benchmark.runlog import Answer, RunFailure, Sample, Setting
from xemogpt.config import Config, build_config
from xemogpt.emocue.annotators.parts import MultimodalConfig
from xemogpt.errors import ConfigError, XEmoGPTError
from xemogpt.files import sha256_of
from xemogpt.inference import Explainer, Failure, Request
from xemogpt.metrics.loading import FORMATS
from xemogpt.schema import Explanation


class System(Protocol):
    """Answers samples. A sample that it cannot answer is a failure; the others are answered."""

    name: str
    """How logs call it; without secrets."""
    batch_size: int
    """How many samples it is given at once."""
    depends_on_batch: bool
    """Whether an answer may depend on the samples that are answered with it."""
    settings: dict[str, Setting]
    """What answers depend on."""
    weights: dict[str, str]
    """Name -> SHA-256 of the files that answer."""
    packages: tuple[str, ...]
    """Packages whose versions matter."""

    def answer(self, samples: Sequence[Sample]) -> list[Answer | RunFailure]:
        """One answer or failure for each sample, in order."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


class SystemOptions(Config):
    """What a user may set of a system; each kind takes what concerns it."""

    batch_size: int = 4
    device: str = "cpu"
    use_recognition: bool = True
    """Whether to recognise speech where no words are given."""
    api_key_env: str = "OPENAI_API_KEY"
    """Environment variable that holds an endpoint's key."""
    timeout_s: float = 120
    """Of one request to an endpoint."""
    max_retries: int = 2
    max_tokens: int = 512
    """Longest answer of an endpoint."""
    num_frames: int = 8
    use_sound: bool = True


def load_system(model: str, options: SystemOptions | None = None) -> System:
    """A system by name.

    Args:
        model: ``nano``, a folder or hub id of a model; ``openai:URL#MODEL``; or a file of
            predictions (JSON, JSONL, CSV, Parquet).
        options: what else to set.

    Raises:
        ConfigError: if an address names no model, or an option is out of range.
        DatasetError: if a file of predictions cannot be read.
        WeightsError: if pretrained files are absent.
    """
    options = options or SystemOptions()
    if options.batch_size < 1:
        raise ConfigError(f"batch_size is {options.batch_size}; expected 1 or more")
    if model.startswith("openai:"):
        return EndpointSystem(_endpoint_config(model.removeprefix("openai:"), options))
    if Path(model).suffix.lower() in FORMATS and not Path(model).is_dir():
        return PredictionsSystem(Path(model))
    return ModelSystem(model, options)


class ModelSystem:
    """A model on this machine, through the same ``Explainer`` that users run."""

    def __init__(
        self, model: str, options: SystemOptions, explainer: Explainer | None = None
    ) -> None:
        self._explainer = explainer or Explainer.from_pretrained(
            model,
            device=options.device,
            batch_size=options.batch_size,
            use_recognition=options.use_recognition,
        )
        writer = self._explainer.writer
        self.name = model
        self.batch_size = options.batch_size
        self.depends_on_batch = writer.batch_size > 1
        self.packages = ("torch", "numpy", "av", *writer.packages)
        self.weights = {**self._explainer.meter.weights(), **writer.weights}
        self.settings: dict[str, Setting] = {
            **writer.settings,
            "max_window_s": self._explainer.max_window_s,
            "use_recognition": options.use_recognition,
        }

    def answer(self, samples: Sequence[Sample]) -> list[Answer | RunFailure]:
        """Explain the samples together; if one breaks that, each for itself."""
        requests = [Request(sample.media, sample.subtitle) for sample in samples]
        started = time.perf_counter()
        try:
            results = list(self._explainer.explain_each(requests))
        except Exception as error:  # a crash of any kind is that sample's failure, not the run's
            if len(samples) > 1:
                return [result for sample in samples for result in self.answer([sample])]
            return [RunFailure(id=samples[0].id, error=_said(error))]
        share_s = (time.perf_counter() - started) / len(samples)
        return [
            _as_answer(sample, result, share_s)
            for sample, result in zip(samples, results, strict=True)
        ]

    def close(self) -> None:
        """Nothing to give back."""


class PredictionsSystem:
    """Answers from a file, given before."""

    packages: tuple[str, ...] = ()
    depends_on_batch = False
    batch_size = 64

    def __init__(self, path: Path) -> None:
        self._answers = read_predictions(path)
        self.name = path.name
        self.settings: dict[str, Setting] = {"num_predictions": len(self._answers)}
        self.weights = {"predictions": sha256_of(path)}

    def answer(self, samples: Sequence[Sample]) -> list[Answer | RunFailure]:
        """What the file says of each sample, by id."""
        return [
            self._answers.get(sample.id) or RunFailure(id=sample.id, error="no prediction")
            for sample in samples
        ]

    def close(self) -> None:
        """Nothing to give back."""


def _as_answer(
    sample: Sample, result: Explanation | Failure, seconds: float
) -> Answer | RunFailure:
    if isinstance(result, Failure):
        return RunFailure(id=sample.id, error=_said(result.error))
    return Answer(
        id=sample.id,
        text=result.text,
        cues=result.cues,
        emotions=tuple(emotion.label for emotion in result.emotions),
        seconds=seconds,
    )


def _said(error: Exception) -> str:
    """The message; with the kind, where it is not one of ours."""
    text = " ".join(str(error).split())[:500]
    return text if isinstance(error, XEmoGPTError) else f"{type(error).__name__}: {text}"


def _endpoint_config(address: str, options: SystemOptions) -> MultimodalConfig:
    url, _, model = address.partition("#")
    if not model or not url.startswith(("http://", "https://")):
        raise ConfigError(
            f"openai:{address} should be openai:URL#MODEL, such as"
            " openai:http://localhost:8000/v1#my-model"
        )
    data = {
        "url": url,
        "model": model,
        "api_key_env": options.api_key_env,
        "timeout_s": options.timeout_s,
        "max_retries": options.max_retries,
        "max_tokens": options.max_tokens,
        "num_frames": options.num_frames,
        "use_sound": options.use_sound,
        "concurrency": options.batch_size,
    }
    return build_config(MultimodalConfig, data, origin="the endpoint's options")
