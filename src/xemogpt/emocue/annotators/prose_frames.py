"""Frames and links of sentences. None states anything of its own."""

SEEN_PEOPLE = ("the person", "this person", "the individual", "the person shown", "the subject")
HEARD_PEOPLE = ("the speaker", "the person", "this person", "this speaker")
# "The speaker looks up" would be read as heard; so nobody who is seen is called that.
ADVERBS = frozenset({"slightly", "gently", "briefly", "hardly", "barely", "visibly"})

PAIRS = ("{a}, and {b}", "{a}; {b}", "{a}; in addition, {b}", "{a}; also, {b}")
COINCIDING = [
    "{a} while {b}", "while {a}, {b}", "as {a}, {b}", "{a}, and at the same time {b}",
    "{a}; at the same time, {b}", "{a}; meanwhile, {b}",
]  # fmt: skip
FOLLOWING = ["{a}, then {b}", "{a}, and then {b}", "{a}; then {b}",
             "{a}; after that, {b}", "after {a}, {b}", "first {a}, then {b}"]  # fmt: skip
PRECEDING = ["before {a}, {b}"]

SHOWN = (
    "there {be} {0}", "{0} can be seen", "{0} {be} visible", "{0} {be} seen", "{person} shows {0}",
)  # fmt: skip
SOUNDED = ("there {be} {0}", "{0} can be heard", "{0} {be} audible", "{0} {be} heard")
# These say that what follows is seen or heard, and are read so until the text says otherwise.
NOTICED = (
    "one notices {0}", "one sees {0}", "we see {0}", "I notice {0}", "the viewer sees {0}",
    "I see {0}", "the picture shows {0}",
)  # fmt: skip
LISTENED = ("one hears {0}", "we hear {0}", "I hear {0}", "the listener hears {0}")

ALSO_SEEN = (
    "Also, ", "In addition, ", "Moreover, ", "Besides, ", "Furthermore, ", "Notably, ",
    "It can be seen that ", "It is visible that ", "What is more, ",
    "On top of that, ", "Beyond that, ", "Likewise, ",
)  # fmt: skip
ALSO_HEARD = (
    "Also, ", "In addition, ", "Moreover, ", "Besides, ", "Furthermore, ", "Notably, ",
    "It can be heard that ", "What is more, ", "On top of that, ",
    "Beyond that, ", "Likewise, ",
)  # fmt: skip
CONTRASTS = (
    "However, ", "But ", "Yet ", "By contrast, ", "Against this, ",
    "Even so, ", "Still, ",
)  # fmt: skip
TO_VOICE = ("As for the voice, ", "In the voice, ", "One can hear that ", "In the sound, ")
TO_FACE = ("In the picture, ", "One can see that ", "In the video, ")
INTROS = (
    "Here is what can be observed.", "Here is a description of the clip.",
    "Several cues are at hand.", "This is what was measured.", "The evidence is as follows.",
    "Let me go through the clip.", "Let me describe what happens.",
)  # fmt: skip
SEEN_LABELS = ("Visual", "Face", "Visual cues", "Facial expression", "Seen")
HEARD_LABELS = ("Audio", "Voice", "Audio cues", "Vocal expression", "Heard")
END_LABELS = ("Emotion", "Emotional state", "Conclusion", "Expressed emotion")
BULLETS = ("- {}", "* {}", "{number}. {}", "• {}", "{number}) {}")
QUOTES = (
    "The words are: {}", "What is said: {}", "The words spoken are {}", "The subtitle reads {}",
    "The subtitle says: {}", "The line is {}", "The words are {}", "The words read {}",
)  # fmt: skip
QUOTES_IN = ("In {language}, the words are {}", "What is said, in {language}: {}")
