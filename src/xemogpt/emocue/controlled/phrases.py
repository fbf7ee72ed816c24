"""Other ways to say the phrases of the cue vocabulary; each means the same and reads back so."""

_SIDED = {
    "looks to their {side}": ("shifts the gaze to their {side}", "glances away to their {side}"),
    "tilts the head to their {side}": (
        "leans the head to their {side}",
        "inclines the head to their {side}",
    ),
    "turns the head to their {side}": (
        "turns the face to their {side}",
        "rotates the head to their {side}",
    ),
}
ALTERNATIVES: dict[str, tuple[str, ...]] = {
    "smiles slightly": ("gives a slight smile", "smiles a little"),
    "smiles": ("gives a smile", "shows a smile"),
    "smiles broadly": ("gives a broad smile", "shows a wide smile"),
    "smiles with one corner of the mouth": ("gives a one-sided smile", "smiles on one side only"),
    "the corners of the mouth turn down": (
        "the mouth corners turn downwards",
        "the corners of the mouth are pulled down",
    ),
    "the mouth is open": ("the mouth stays open", "the mouth hangs open"),
    "the mouth is wide open": ("the mouth is opened wide",),
    "presses the lips together": ("tightens and presses the lips", "keeps the lips pressed"),
    "raises the eyebrows slightly": ("lifts the eyebrows a little",),
    "raises the eyebrows": ("lifts the eyebrows", "the eyebrows go up"),
    "raises the eyebrows high": ("lifts the eyebrows high", "the eyebrows go up high"),
    "draws the inner ends of the eyebrows up": (
        "pulls the inner eyebrows up",
        "raises the inner ends of the eyebrows",
    ),
    "lowers the eyebrows slightly": ("draws the eyebrows down a little",),
    "lowers the eyebrows": ("draws the eyebrows down", "the eyebrows go down"),
    "knits the eyebrows": ("furrows the eyebrows", "pulls the eyebrows together"),
    "widens the eyes": ("opens the eyes wide", "the eyes widen"),
    "narrows the eyes": ("squints", "the eyes narrow"),
    "closes the eyes": ("shuts the eyes", "the eyes close"),
    "keeps the eyes closed": ("keeps the eyes shut",),
    "blinks": ("blinks the eyes",),
    "looks down": ("lowers the gaze", "casts the eyes down"),
    "looks up": ("raises the gaze", "turns the eyes upwards"),
    "nods once": ("gives one nod",),
    "nods twice": ("gives two nods", "nods the head twice"),
    "nods three times": ("gives three nods", "nods the head three times"),
    "shakes the head": ("moves the head from side to side", "gives a shake of the head"),
    "bows the head": ("lowers the head", "lets the head sink"),
    "raises the chin": ("lifts the chin", "tips the head back"),
    "pauses briefly": ("makes a brief pause",),
    "pauses": ("makes a pause", "stops speaking for a moment"),
    "makes a long pause": ("pauses for a long time",),
    "speaks at a low pitch": ("speaks in a low-pitched voice", "the voice is low in pitch"),
    "speaks at a high pitch": ("speaks in a high-pitched voice", "the voice is high in pitch"),
    "speaks in a monotone": ("the voice is monotonous", "speaks without changes of pitch"),
    "the pitch moves widely": ("the pitch varies widely", "the intonation is lively"),
    "the pitch rises": ("the pitch goes up", "the pitch climbs"),
    "the pitch falls steeply": ("the pitch drops sharply", "the pitch goes down steeply"),
    "the voice rises at the end": (
        "the intonation goes up at the end",
        "the pitch rises on the last words",
    ),
    "the voice falls at the end": (
        "the intonation goes down at the end",
        "the pitch falls on the last words",
    ),
    "the voice trembles": ("the voice quivers", "the voice is trembling"),
    "the voice gets louder": ("the volume increases", "the voice grows louder"),
    "the voice gets softer": ("the volume decreases", "the voice grows quieter"),
    "raises the voice": ("the voice suddenly gets loud", "speaks some words loudly"),
    "speaks fast": ("speaks quickly", "the speech is fast"),
    "speaks slowly": ("speaks at a slow pace", "the speech is slow"),
    "the voice is breathy": ("speaks in a breathy voice", "the voice sounds breathy"),
    "the voice is tense": ("speaks in a tense voice", "the voice sounds strained and tense"),
    **{
        text.format(side=side): tuple(other.format(side=side) for other in others)
        for text, others in _SIDED.items()
        for side in ("left", "right")
    },
}
EMOTION_WORDS: dict[str, tuple[str, ...]] = {
    "happy": ("happiness", "joy"),
    "sad": ("sadness", "sorrow"),
    "angry": ("anger",),
    "fearful": ("fear",),
    "surprised": ("surprise", "astonishment"),
    "neutral": ("neutral",),
}
CONCLUSIONS = (
    "The expressed emotion is {}.",
    "Taken together, the emotion is {}.",
    "Overall, the mood is {}.",
    "The emotional state is {}.",
    "All in all, the main emotion is {}.",
    "The feeling expressed is {}.",
)
