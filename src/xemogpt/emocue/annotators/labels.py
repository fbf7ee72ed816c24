"""Whether an explanation contradicts a label without saying so."""

from collections.abc import Sequence

from xemogpt.emocue.annotators.guidance import DISAGREES, VALENCE_OF, family_of
from xemogpt.emocue.records import EmoCueRecord

_VALENCES = {"positive": 1, "negative": -1}


def contradiction(record: EmoCueRecord, emotions: Sequence[str]) -> str | None:
    """A flag if the emotions are of another family than the label; none if they may go together.

    >>> from xemogpt.emocue.records import Label
    >>> labels = (Label(name="emotion", value="happy", source="annotated"),)
    >>> contradiction(EmoCueRecord(id="a", labels=labels), ["sadness"])
    "label-disagrees: labelled 'happy', but the annotator concludes 'sadness'"
    """
    families = {family for word in emotions if (family := family_of(word)) is not None}
    if not families:
        return None
    label = record.label("emotion")
    if label is not None:
        if (family := family_of(label)) is not None and family not in families:
            return f"{DISAGREES}: labelled {label!r}, but the annotator concludes {emotions[0]!r}"
        return None
    sentiment = record.label("sentiment")
    wanted = _VALENCES.get((sentiment or "").strip().lower())
    found = {VALENCE_OF.get(family, 0) for family in families}
    if wanted is not None and found == {-wanted}:
        return f"{DISAGREES}: labelled {sentiment!r}, but the annotator concludes {emotions[0]!r}"
    return None
