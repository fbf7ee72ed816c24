"""Shortcut audit: can a model that sees one part of a clip tell what it must not be able to?

Four models are trained on one corpus and tested on another: words -> emotion, first frame ->
order of two cues, frames without order -> order, mean pitch -> emotion. Two controls show that
what is asked can be learned at all: gold kinds -> emotion, halves of the clip -> order.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xemogpt.emocue.controlled.audit_features import (
    Features,
    Looker,
    bag_of_words,
    first_frame,
    halves,
    kinds_of,
    mean_pitch,
    shuffled,
    text_of,
    vocabulary,
)
from xemogpt.emocue.controlled.logistic import Logistic
from xemogpt.emocue.records import EmoCueRecord, read_records
from xemogpt.errors import DatasetError
from xemogpt.metrics.bootstrap import interval
from xemogpt.schema import Record
from xemogpt.signals.voice_curves import VoiceAnalyser

ORDER = "order-of-face"
"""Tag of clips that come in pairs of the same visual cues in either order."""
MARGIN = 0.05
"""Accuracy may be so far above chance before it is called a leak."""
MIN_CLIPS = 10
MIDDLE_ST = 88.0
"""About 160 Hz, between the voices of men and women."""
Progress = Callable[[int, int], None]
_CONTROLS = ("gold-kinds", "halves")


class Probe(Record):
    """One model's accuracy on held-out clips."""

    name: str
    target: str
    """``emotion`` or ``order``."""
    is_control: bool
    """It may know: it shows that the target can be learned."""
    num_train: int
    num_test: int
    accuracy: float
    low: float
    """95 % bootstrap interval over clips."""
    high: float
    chance: float
    """Of always answering the most frequent training class; of order, one half."""

    @property
    def leaks(self) -> bool:
        """Whether it surely knows what it must not: all of the interval is above the margin."""
        return not self.is_control and self.low > self.chance + MARGIN


class Audit(Record):
    """What the models of an audit know."""

    probes: tuple[Probe, ...]
    skipped: tuple[str, ...] = ()
    """Models that could not be judged, each "name: why"."""


def audit(
    train: str | Path,
    test: str | Path,
    progress: Progress = lambda done, total: None,
    seed: int = 0,
) -> Audit:
    """Train on one corpus folder, test on another.

    Args:
        train: folder of generated clips to learn from.
        test: folder of held-out clips.
        progress: called as clips are looked at and listened to.
        seed: of the bootstrap.

    Raises:
        DatasetError: if a folder has too few generated clips with an emotion.
        WeightsError: if the face landmarker is not there.
    """
    folders = (Path(train), Path(test))
    corpora = [_generated(folder) for folder in folders]
    measured = _measure(folders, corpora, progress)
    texts = [[text_of(record) for record in records] for records in corpora]
    kinds = [[kinds_of(record) for record in records] for records in corpora]
    emotions = [[record.label("emotion") or "" for record in records] for records in corpora]
    probes, skipped = [], []
    for name, shown in (
        ("words", _bags(texts)),
        ("mean-pitch", [_column(pitch) for pitch in measured["pitch"]]),
        ("gold-kinds", _bags(kinds)),
    ):
        probes.append(_emotion_probe(name, shown, emotions, seed))
    orders = [[_order(record) for record in records if ORDER in record.tags] for records in corpora]
    for name in ("first-frame", "shuffled-frames", "halves"):
        found = _order_probe(name, measured[name], orders, seed)
        if found is None:
            skipped.append(f"{name}: fewer than {MIN_CLIPS} clips tagged {ORDER} in both orders")
        else:
            probes.append(found)
    return Audit(probes=tuple(probes), skipped=tuple(skipped))


def _generated(folder: Path) -> list[EmoCueRecord]:
    records = [record for record in read_records(folder) if record.label("emotion")]
    if len(records) < MIN_CLIPS:
        raise DatasetError(
            f"{folder} has {len(records)} clips with an emotion; an audit needs {MIN_CLIPS} or more"
        )
    return records


def _measure(
    folders: Sequence[Path], corpora: Sequence[Sequence[EmoCueRecord]], progress: Progress
) -> dict[str, list[list[Features | float]]]:
    """Per feature and corpus: the pitch of every clip, and the face in clips with an order."""
    looker, analyser = Looker(), VoiceAnalyser()
    views = {"first-frame": first_frame, "shuffled-frames": shuffled, "halves": halves}
    found: dict[str, list[list[Features | float]]] = {
        name: [[] for _ in corpora] for name in ("pitch", *views)
    }
    done, total = 0, sum(len(records) for records in corpora)
    for index, (folder, records) in enumerate(zip(folders, corpora, strict=True)):
        for record in records:
            path = record.media_path(folder)
            found["pitch"][index].append(mean_pitch(path, analyser))
            if ORDER in record.tags:
                curves = looker.curves(path)
                for name, view in views.items():
                    found[name][index].append(view(curves))
            done += 1
            progress(done, total)
    return found


def _bags(texts: Sequence[Sequence[str]]) -> list[Features]:
    words = vocabulary(texts[0])
    return [bag_of_words(each, words) for each in texts]


def _column(semitones: Sequence[Features | float]) -> Features:
    """(N, 3): pitch with its square and cube, so that the middle can be told from both ends."""
    centred = (np.array(semitones, np.float64)[:, None] - MIDDLE_ST) / 6
    return np.concatenate([centred, centred**2, centred**3], axis=1)


def _order(record: EmoCueRecord) -> str:
    """The tag that names the order, such as ``smile-then-brow-lower``."""
    found = next((tag for tag in record.tags if "-then-" in tag), None)
    if found is None:
        raise DatasetError(f"{record.id} is tagged {ORDER}, but no tag names an order")
    return found


def _reverse(order: str) -> str:
    first, _, second = order.partition("-then-")
    return f"{second}-then-{first}"


def _emotion_probe(
    name: str, shown: Sequence[Features], labels: Sequence[Sequence[str]], seed: int
) -> Probe:
    model = Logistic.fit(shown[0], labels[0])
    answers = [model.classes[index] for index in model.scores(shown[1]).argmax(1)]
    most = max(model.classes, key=list(labels[0]).count)
    hits = np.array([answer == label for answer, label in zip(answers, labels[1], strict=True)])
    chance = float(np.mean([label == most for label in labels[1]]))
    return _probe(name, "emotion", hits, chance, len(labels[0]), seed)


def _order_probe(
    name: str,
    shown: Sequence[Sequence[Features | float]],
    orders: Sequence[Sequence[str]],
    seed: int,
) -> Probe | None:
    """Which of the two orders of a clip's pair is likelier: what remains when cues are known."""
    learned = set(orders[0])
    usable = [
        index
        for index, order in enumerate(orders[1])
        if order in learned and _reverse(order) in learned
    ]
    if len(usable) < MIN_CLIPS:
        return None
    model = Logistic.fit(np.array(shown[0]), orders[0])
    scores = model.scores(np.array(shown[1]))
    column: Mapping[str, int] = {label: index for index, label in enumerate(model.classes)}
    hits = [
        scores[index, column[orders[1][index]]] > scores[index, column[_reverse(orders[1][index])]]
        for index in usable
    ]
    return _probe(name, "order", np.array(hits), 0.5, len(orders[0]), seed)


def _probe(
    name: str, target: str, hits: NDArray[np.bool_], chance: float, num_train: int, seed: int
) -> Probe:
    values = hits.astype(np.float64)
    low, high = interval(values, seed=seed)
    return Probe(
        name=name,
        target=target,
        is_control=name in _CONTROLS,
        num_train=num_train,
        num_test=len(values),
        accuracy=float(values.mean()),
        low=float(low),
        high=float(high),
        chance=chance,
    )
