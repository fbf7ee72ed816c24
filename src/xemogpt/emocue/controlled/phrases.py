"""Other ways to say the phrases of the cue vocabulary; each means the same and reads back so.

Chosen from a longer list: those from which the rule extractor gets one cue that the strict metric
holds equal to the phrase, whatever the subject; ``test_wording`` scores whole explanations.
"""

_SIDED: dict[str, tuple[str, ...]] = {
    "looks to their {side}": ("is looking to their {side}", "looks towards their {side}"),
    "tilts the head to their {side}": (
        "leans the head to their {side}", "inclines the head to their {side}",
        "is tilting the head to their {side}", "tilts the head towards their {side}",
        "the head is tilted to their {side}",
    ),
    "turns the head to their {side}": (
        "is turning the head to their {side}", "turns the head towards their {side}",
        "the head is turned to their {side}",
    ),
}  # fmt: skip
ALTERNATIVES: dict[str, tuple[str, ...]] = {
    "smiles slightly": (
        "gives a slight smile", "smiles a little", "shows a slight smile", "smiles a bit",
    ),
    "smiles": ("gives a smile", "is smiling", "smiles visibly"),
    "smiles broadly": (
        "gives a broad smile", "smiles widely", "is smiling broadly", "has a broad smile",
    ),
    "smiles with one corner of the mouth": (
        "gives a one-sided smile", "smiles with one side of the mouth",
        "lifts one corner of the mouth in a smile", "smiles with only one corner of the mouth",
        "shows a smile with one corner of the mouth",
    ),
    "the corners of the mouth turn down": (
        "the mouth corners turn downwards", "the corners of the mouth are pulled down",
        "turns the corners of the mouth down", "the mouth corners turn down",
        "pulls the corners of the mouth down", "draws down the corners of the mouth",
    ),
    "the mouth is open": (
        "the mouth stays open", "the mouth hangs open", "keeps the mouth open", "opens the mouth",
        "the mouth is opened",
    ),
    "the mouth is wide open": (
        "the mouth is opened wide", "opens the mouth wide", "the mouth is open wide",
        "keeps the mouth wide open",
    ),
    "presses the lips together": (
        "keeps the lips pressed", "squeezes the lips together", "pushes the lips together",
        "keeps the lips pressed together", "the lips are pressed together",
    ),
    "raises the eyebrows slightly": (
        "lifts the eyebrows a little", "slightly raises the eyebrows",
        "raises the eyebrows a little",
    ),
    "raises the eyebrows": (
        "lifts the eyebrows", "the eyebrows go up", "raises both eyebrows",
        "the eyebrows are raised", "the eyebrows rise",
    ),
    "raises the eyebrows high": (
        "lifts the eyebrows high", "the eyebrows go up high", "raises both eyebrows high",
        "the eyebrows are raised high", "raises the brows high", "lifts the eyebrows very high",
    ),
    "draws the inner ends of the eyebrows up": (
        "raises the inner ends of the eyebrows", "lifts the inner ends of the eyebrows",
        "draws up the inner ends of the eyebrows", "the inner ends of the eyebrows are drawn up",
    ),
    "lowers the eyebrows slightly": ("draws the eyebrows down a little",),
    "lowers the eyebrows": (
        "the eyebrows go down", "the eyebrows are lowered", "lowers both eyebrows",
        "pulls the eyebrows down",
    ),
    "knits the eyebrows": ("knits the brows", "the eyebrows are knitted"),
    "widens the eyes": ("the eyes widen", "the eyes are widened"),
    "narrows the eyes": (
        "the eyes narrow", "the eyes are narrowed", "narrows both eyes", "the eyes become narrow",
    ),
    "closes the eyes": ("the eyes close", "the eyes are closed"),
    "keeps the eyes closed": ("the eyes stay closed", "closes the eyes for a while"),
    "blinks": ("blinks the eyes", "blinks once", "is blinking", "blinks briefly", "gives a blink"),
    "nods once": ("nods the head once", "nods a single time"),
    "shakes the head": (
        "gives a shake of the head", "is shaking the head", "gives the head a shake",
        "shakes the head from side to side",
    ),
    "bows the head": (
        "bows the head down", "is bowing the head", "lowers the head in a bow",
        "the head is bowed",
    ),
    "raises the chin": (
        "lifts the chin", "the chin is raised", "raises the chin up", "is raising the chin",
    ),
    "pauses briefly": ("pauses for a moment", "briefly pauses", "pauses shortly"),
    "pauses": (
        "stops speaking for a moment", "is pausing", "makes a pause in the speech",
        "pauses while speaking", "pauses in speaking",
    ),
    "makes a long pause": ("pauses for a long time", "pauses for long", "there is a long pause"),
    "speaks at a low pitch": (
        "speaks in a low-pitched voice", "the voice is low in pitch", "talks at a low pitch",
        "speaks with a low pitch", "the pitch is low", "speaks in a low pitch",
    ),
    "speaks at a high pitch": (
        "speaks in a high-pitched voice", "the voice is high in pitch", "talks at a high pitch",
        "speaks with a high pitch", "the pitch is high", "speaks in a high pitch",
    ),
    "speaks in a monotone": (
        "the voice is monotonous", "talks in a monotone", "speaks in a flat monotone",
        "the speech is monotone", "speaks in a monotonous voice",
    ),
    "the pitch moves widely": (
        "the pitch varies widely", "the pitch moves up and down widely",
        "the pitch moves over a wide range", "the pitch of the voice moves widely",
        "the voice moves widely in pitch",
    ),
    "the pitch rises": (
        "the pitch goes up", "the pitch climbs", "the pitch of the voice rises",
        "the pitch is rising", "the voice rises in pitch",
    ),
    "the pitch falls steeply": (
        "the pitch drops sharply", "the pitch goes down steeply",
        "the pitch of the voice falls steeply", "the pitch is falling steeply",
        "the voice falls steeply in pitch",
    ),
    "the voice rises at the end": (
        "the voice goes up at the end", "the voice is rising at the end",
        "the speech rises at the end",
    ),
    "the voice falls at the end": (
        "the voice goes down at the end", "the voice is falling at the end",
        "the speech falls at the end",
    ),
    "the voice trembles": (
        "the voice is trembling", "speaks in a trembling voice", "the voice trembles audibly",
    ),
    "the voice gets louder": (
        "the voice grows louder", "the voice becomes louder", "speaks louder and louder",
        "the voice is getting louder", "the speech gets louder",
    ),
    "the voice gets softer": (
        "the voice grows quieter", "the voice becomes softer", "the voice is getting softer",
        "the voice grows softer", "the speech gets softer",
    ),
    "raises the voice": ("the voice is raised", "speaks in a raised voice"),
    "speaks fast": (
        "speaks quickly", "the speech is fast", "talks fast", "is speaking fast",
        "speaks at a fast pace", "speaks rapidly",
    ),
    "speaks slowly": (
        "speaks at a slow pace", "the speech is slow", "talks slowly", "is speaking slowly",
    ),
    "the voice is breathy": (
        "speaks in a breathy voice", "the voice sounds breathy", "has a breathy voice",
        "the voice is full of breath", "talks in a breathy voice",
    ),
    "the voice is tense": (
        "speaks in a tense voice", "talks in a tense voice", "the voice sounds tense",
    ),
    "nods twice": (
        "gives two nods", "nods the head twice", "nods two times", "nods the head two times",
    ),
    "nods three times": (
        "gives three nods", "nods the head three times", "gives a nod three times",
        "is nodding three times", "nods thrice",
    ),
    **{
        text.format(side=side): tuple(other.format(side=side) for other in others)
        for text, others in _SIDED.items()
        for side in ("left", "right")
    },
}  # fmt: skip
REWORDED = frozenset({"raises the voice", "makes a long pause"})
"""Phrases that read as something seen when a person is their subject: always said otherwise."""
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
    "All in all, the main emotion is {}.",
    "The emotion is {}.",
    "In short, the emotion is {}.",
    "The dominant emotion is {}.",
    "To sum up, the mood is {}.",
    "In conclusion, the emotion is {}.",
    "The prevailing mood is {}.",
    "The emotion conveyed is {}.",
    "The emotion that comes across is {}.",
    "I conclude that the emotion is {}.",
    "Based on these signs, the emotion is {}.",
)
"""Sentences that name an emotion, neutral too."""
STRONG_CONCLUSIONS = (
    "The feeling expressed is {}.",
    "The person feels {}.",
    "The person is in a state of {}.",
    "All of this points to {}.",
    "These cues together suggest {}.",
    "My overall impression is {}.",
    "I would call it {}.",
    "The main feeling is {}.",
)
"""Sentences for emotions other than neutral, where "neutral" would be read of the face."""
SHOWN = (
    "On the surface, the emotion is {}.",
    "The emotion put on for others is {}.",
    "Outwardly, the emotion is {}.",
    "The emotion on display is {}.",
    "The pretended emotion is {}.",
)
"""Sentences that name the emotion that masks it."""
CONFLICTING = (
    "The second emotion is {}.",
    "The conflicting emotion is {}.",
    "The other emotion is {}.",
    "Beside it, the emotion is {}.",
)
"""Sentences that name the emotion of the other of face and voice."""
INTROS = (
    "Here is what can be observed.",
    "Here is a description of the clip.",
    "Let me describe what happens.",
    "The evidence is as follows.",
    "Several cues are at hand.",
)
"""Sentences that say nothing."""
SEEN_OPENERS = (
    "It can be seen that ", "From what I can see, ", "In addition, ", "First, ", "Here, ",
    "It can be observed that ", "Notably, ", "Clearly, ", "It is evident that ", "Moreover, ",
)  # fmt: skip
"""Frames of sentences. None names a medium ("in the video"): that is read to hold from there on."""
HEARD_OPENERS = (
    "It can be heard that ", "From what I can hear, ", "In addition, ", "Furthermore, ",
    "It is clear that ", "Notably, ", "Moreover, ", "Interestingly, ", "Specifically, ",
)  # fmt: skip
