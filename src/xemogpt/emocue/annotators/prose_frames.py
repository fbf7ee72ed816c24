"""Frames and links of sentences. None states anything of its own."""

SEEN_PEOPLE = ("the person", "this person", "the individual", "the person shown", "the subject",
               "this individual", "the one shown", "the person in view")  # fmt: skip
HEARD_PEOPLE = ("the speaker", "the person", "this person", "this speaker", "the one speaking",
                "the person heard")  # fmt: skip
# "The speaker looks up" would be read as heard; so nobody who is seen is called that.
OWNERS = {
    "visual": ("their", "their", "the person's", "this person's"),
    "auditory": ("their", "their", "the speaker's", "this speaker's"),
}
STRESSES = {
    "visual": ("visibly", "clearly", "noticeably", "plainly", "evidently"),
    "auditory": ("audibly", "clearly", "noticeably", "plainly", "evidently"),
}
UNSTRESSED = frozenset({
    "is", "are", "can", "has", "have", "slightly", "gently", "briefly", "hardly", "barely",
    "visibly",
})  # fmt: skip
ADVERBS = frozenset({"slightly", "gently", "briefly", "hardly", "barely", "visibly"})

PAIRS = (
    "{a}, and {b}", "{a}; {b}", "{a}; in addition, {b}", "{a}; also, {b}", "{a}; moreover, {b}",
    "{a}; besides, {b}", "{a}; likewise, {b}", "{a}, also {b}",
)  # fmt: skip
COINCIDING = [
    "{a} while {b}", "while {a}, {b}", "as {a}, {b}", "{a}, and at the same time {b}",
    "{a}; at the same time, {b}", "{a}; meanwhile, {b}",
]  # fmt: skip
FOLLOWING = ["{a}, then {b}", "{a}, and then {b}", "{a}; then {b}",
             "{a}; after that, {b}", "after {a}, {b}"]  # fmt: skip
PRECEDING = ["before {a}, {b}"]

SHOWN = (
    "there {be} {0}", "{0} can be seen", "{0} {be} visible", "{0} {be} seen", "{person} shows {0}",
    "visible {be} {0}", "what can be seen {be} {0}", "{0} {be} on view", "{0} {be} to be seen",
    "{0} {be} noticeable", "{0} {be} apparent", "{0} {be} evident", "{person} is seen with {0}",
    "{0} {be} observed", "{0} can be observed", "{0} can be noticed", "{0} can be made out",
    "{0} {be} in evidence", "{0} {be} noted", "{0} {be} found", "{0} {be} present",
)  # fmt: skip
SOUNDED = (
    "there {be} {0}", "{0} can be heard", "{0} {be} audible", "{0} {be} heard",
    "audible {be} {0}", "what can be heard {be} {0}", "{0} {be} to be heard",
    "{0} {be} noticeable", "{0} {be} apparent", "{0} {be} evident", "{0} can be made out",
    "{0} {be} noted", "{0} {be} found", "{0} {be} present", "{0} {be} observed",
)  # fmt: skip
# These say that what follows is seen or heard, and are read so until the text says otherwise.
NOTICED = (
    "one notices {0}", "one sees {0}", "we see {0}", "I notice {0}", "the viewer sees {0}",
    "I see {0}", "the picture shows {0}",
)  # fmt: skip
LISTENED = ("one hears {0}", "we hear {0}", "I hear {0}", "the listener hears {0}")

ALSO_SEEN = (
    "Also, ", "In addition, ", "Moreover, ", "Besides, ", "Furthermore, ", "Notably, ",
    "It can be seen that ", "It is visible that ", "What is more, ",
    "On top of that, ", "Beyond that, ", "Likewise, ", "Additionally, ", "Next to this, ",
    "Aside from that, ", "Apart from this, ", "Further, ", "Added to this, ", "Noticeably, ",
    "It is worth noting that ", "Evidently, ", "Interestingly, ", "Specifically, ",
    "In particular, ", "In detail, ", "Equally, ", "Here ", "As well, ",
)  # fmt: skip
ALSO_HEARD = (
    "Also, ", "In addition, ", "Moreover, ", "Besides, ", "Furthermore, ", "Notably, ",
    "It can be heard that ", "What is more, ", "On top of that, ",
    "Beyond that, ", "Likewise, ", "Additionally, ", "Next to this, ", "Aside from that, ",
    "Apart from this, ", "Further, ", "Added to this, ", "Noticeably, ", "Evidently, ",
    "It is worth noting that ", "Interestingly, ", "Specifically, ", "In particular, ",
    "In detail, ", "Equally, ", "As well, ",
)  # fmt: skip
CONTRASTS = (
    "However, ", "But ", "Yet ", "By contrast, ", "Against this, ",
    "Even so, ", "Still, ", "In contrast, ", "Conversely, ", "All the same, ", "Nevertheless, ",
    "Nonetheless, ", "In spite of this, ", "Despite this, ", "That said, ", "And yet, ",
    "At odds with this, ", "Contrary to that, ",
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
    "The words [are|are:|read|go] {}",
    "The [text|line] [reads|is] {}",
    "The [subtitle|transcript] [reads|says|goes|is|gives] {}",
    "The [spoken|quoted|given|recorded|transcribed|subtitled] words are {}",
    "They say {}",
    "[The speaker|The person|This person|The individual|This speaker] says {}",
    "{} is [what is said|what they say|the line|the subtitle|the text|what the subtitle says]",
    "{}, says the [subtitle|transcript|text]",
    "{}, they say",
    "According to the [transcript|subtitle|text], the words are {}",
    "The subtitle text is {}",
    "The subtitle has {}",
    "The subtitle gives the words {}",
    "The transcript has the words {}",
    "Said: {}",
    "Quoted: {}",
    "What [they say|is said] is {}",
    "What is said reads {}",
    "What is said: {}",
    "The [text|subtitle|transcript] says: {}",
    "The [text|subtitle|transcript]: {}",
    "Here are the words: {}",
    "The following is said: {}",
)
QUOTES_IN = ("In {language}, the words are {}", "What is said, in {language}: {}",
             "In {language}, they say {}")  # fmt: skip
