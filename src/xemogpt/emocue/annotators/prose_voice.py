"""Wordings of what is heard, by the phrase of the cue vocabulary; see ``prose_face``."""

from xemogpt.emocue.annotators.prose_bank import Wording

_V = "[the|this] voice"
VOICE: dict[str, Wording] = {
    "speaks": Wording(
        acts=("[speaks|talks]", "can be heard [speaking|talking]", "is [speaking|talking]"),
        states=("[speech|a voice|talking|somebody speaking] [is heard|can be heard|is audible]",
                "a voice [speaks|is speaking|talks]", "somebody [speaks|is speaking|talks]"),
    ),
    "no speech is heard": Wording(
        states=("no [speech|voice|talking] [is heard|can be heard|is audible]",
                "nobody [speaks|is heard speaking|talks]", "there is no speech"),
    ),
    "there is silence": Wording(
        states=("[there is|one hears] [silence|only silence|nothing but silence]",
                "the sound is silent"),
    ),
    "pauses briefly": Wording(
        acts=("pauses [briefly|shortly|for a moment|for an instant|for a short time]",
              "briefly [pauses|stops speaking]", "[makes|leaves|takes] a [short|brief] pause",
              "stops speaking [briefly|for a moment]", "falls silent for a moment"),
        states=("there is a [short|brief|small] pause [|in the speech]",
                "the [speech|voice] [pauses|stops] [briefly|for a moment]",
                "a [short|brief|small] pause [interrupts|breaks|cuts] the speech"),
        things=("a [short|brief|small] pause [|in the speech]",),
    ),
    "pauses": Wording(
        acts=("pauses [|while speaking|in speaking|in the speech]", "stops speaking for a while",
              "[makes|leaves|takes] a pause [|in the speech]", "is pausing"),
        states=("there is a pause [|in the speech]", "the [speech|voice] pauses",
                "a pause [interrupts|breaks|cuts] the speech"),
        things=("a [|clear|definite|noticeable] pause [|in the speech]",),
    ),
    "makes a long pause": Wording(
        acts=("pauses for [long|a long time|quite long]", "makes a [long|lengthy] pause in "
              "speaking",
              "stops speaking for a long time", "falls silent for a long time"),
        states=("there is a [long|lengthy|drawn-out] pause [|in the speech]",
                "the [speech|voice] [pauses|stops] for [long|a long time]",
                "a [long|lengthy] pause [interrupts|breaks|cuts] the speech"),
        things=("a [long|lengthy|drawn-out] pause [|in the speech]",),
    ),
    "speaks at a low pitch": Wording(
        acts=("[speaks|talks] [at|with|in] a low pitch",
              "[speaks|talks] in a [low-pitched|deep] voice", "has a [low-pitched|low] voice"),
        states=(_V + " is low [|in pitch]", "the pitch [|of the voice] is low",
                "the voice [lies|sits|stays|remains] low in pitch",
                "the pitch [lies|sits|stays|remains] low"),
        things=("a low pitch", "a [low-pitched|low|deep] voice", "a voice of low pitch"),
    ),
    "speaks at a high pitch": Wording(
        acts=("[speaks|talks] [at|with|in] a high pitch",
              "[speaks|talks] in a high-pitched voice", "has a [high-pitched|high] voice"),
        states=(_V + " is high [|in pitch]", "the pitch [|of the voice] is high",
                "the voice [lies|sits|stays|remains] high in pitch",
                "the pitch [lies|sits|stays|remains] high"),
        things=("a high pitch", "a [high-pitched|high] voice", "a voice of high pitch"),
    ),
    "speaks in a monotone": Wording(
        acts=("[speaks|talks] in a [|flat] monotone", "[speaks|talks] in a monotonous voice",
              "[speaks|talks] [monotonously|without melody|on one note]"),
        states=(_V + " [is|sounds|stays|remains] [monotonous|monotone]",
                "the [speech|delivery] [is|sounds|stays] [monotone|monotonous]",
                "the pitch [hardly|barely] [moves|varies]"),
        things=("a [monotone|monotonous|flat] voice", "a [flat|] monotone", "monotonous speech"),
    ),
    "the pitch moves widely": Wording(
        acts=("[moves|swings] the pitch [widely|up and down widely|over a wide range]",
              "[speaks|talks] with a [widely moving|wide|widely varying] pitch",
              "[speaks|talks] with [a wide pitch range|wide pitch movements|wide swings of pitch]",
              "varies the pitch [widely|a lot|strongly|over a wide range]",
              "[speaks|talks] at a widely moving pitch",
              "lets the pitch [move|swing|vary] [widely|over a wide range]"),
        states=("the pitch [|of the voice] [moves|varies|swings|ranges|travels] widely",
                "the pitch [moves|goes|swings] up and down widely",
                "the pitch [moves|ranges|swings] over a wide range",
                "the voice [moves|varies|ranges] widely in pitch"),
        things=("a widely [moving|varying|swinging|ranging] pitch", "a wide [pitch range|range "
                "of pitch]",
                "wide [movements|swings] of the pitch"),
    ),
    "the pitch rises": Wording(
        acts=("[speaks|talks] [at|with|in] a [rising|climbing] pitch",
              "lets the [pitch|pitch of the voice] [rise|climb|go up|move up]",
              "[raises|lifts] the pitch [|of the voice]",
              "[goes|moves] up in pitch", "rises in pitch [|while speaking|while talking]"),
        states=("the pitch [|of the voice] [rises|climbs|goes up|is rising|is climbing|moves "
                "up|increases]",
                "the voice [rises|climbs|goes up] in pitch"),
        things=("a [rising|climbing] pitch", "a rise in pitch", "a rise of the pitch"),
    ),
    "the pitch falls steeply": Wording(
        acts=("[speaks|talks] [at|with|in] a [steeply|sharply] [falling|dropping] pitch",
              "lets the [pitch|pitch of the voice] [fall|drop|go down] [steeply|sharply]",
              "[drops|lowers] the pitch [steeply|sharply]",
              "[falls|drops] [steeply|sharply] in pitch"),
        states=("the pitch [|of the voice] [falls|drops|goes down|sinks|is falling|is dropping] "
                "[steeply|sharply]",
                "the voice [falls|drops] [steeply|sharply] in pitch"),
        things=("a [steeply|sharply] [falling|dropping] pitch", "a [steep|sharp] [fall|drop] in "
                "pitch"),
    ),
    "the voice rises at the end": Wording(
        acts=("[ends|finishes|closes] [on|with] a rising voice",
              "lets the [voice|speech] [rise|go up] at the [end|close]",
              "[raises|lifts] the voice at the [end|close]",
              "[ends|finishes] with the voice [rising|going up]"),
        states=("the [voice|speech] [rises|goes up|is rising|climbs] at the [end|close]",
                "the [end|close] of the speech rises"),
        things=("a voice [rising|that rises] at the end", "a rise of the voice at the end"),
    ),
    "the voice falls at the end": Wording(
        acts=("[ends|finishes|closes] [on|with] a falling voice",
              "lets the [voice|speech] [fall|drop|sink|go down] at the [end|close]",
              "[drops|lowers] the voice at the [end|close]",
              "[ends|finishes] with the voice [falling|dropping|going down]"),
        states=("the [voice|speech] [falls|goes down|is falling|drops|sinks] at the [end|close]",
                "the [end|close] of the speech falls"),
        things=("a voice [falling|that falls] at the end", "a fall of the voice at the end"),
    ),
    "the voice trembles": Wording(
        acts=("[speaks|talks] in a [trembling|shaking|shaky] voice",
              "[speaks|talks] with [a tremor|a trembling|trembling] in the voice",
              "has a [trembling|tremor] in the voice", "trembles in the voice",
              "[speaks|talks] with a [trembling|shaking|quivering] voice"),
        states=("the voice [trembles|is trembling|quivers|wavers|shakes]",
                "the voice trembles [audibly|noticeably]", "a tremor runs through the voice"),
        things=("a [trembling|quivering|shaking|wavering] voice", "a [tremor|trembling] in the "
                "voice"),
    ),
    "the voice gets louder": Wording(
        acts=("[gets|grows|becomes] louder while [speaking|talking]",
              "[speaks|talks] [louder and louder|more and more loudly]"),
        states=("the [voice|speech] [gets|grows|becomes|is getting|is growing|is becoming] louder",
                "the [voice|speech] gains in loudness", "the loudness [|of the voice] "
                "[rises|increases|goes up]"),
        things=("a voice [growing|getting|that grows|that gets] louder",
                "a [rise|growth] in loudness", "an increase in loudness"),
    ),
    "the voice gets softer": Wording(
        acts=("[gets|grows|becomes] [softer|quieter] while [speaking|talking]",
              "[speaks|talks] [more and more softly|more and more quietly]"),
        states=("the [voice|speech] [gets|grows|becomes|is getting|is growing|is becoming] "
                "[softer|quieter]",
                "the loudness [|of the voice] [falls|goes down|decreases]"),
        things=("a voice [growing|getting|that grows|that gets] [softer|quieter]",
                "a [fall|decrease] in loudness"),
    ),
    "raises the voice": Wording(
        acts=("[speaks|talks] [in|with] a [|suddenly ]raised voice",
              "[gets|becomes] suddenly loud [|in speaking]",
              "[speaks|talks] [more loudly|louder] [for a moment|all at once]",
              "lifts the [voice|volume] [|suddenly]"),
        states=("the voice is [raised|suddenly raised]", "the voice [|suddenly] gets raised",
                "the voice goes up in volume", "the voice rises in [volume|loudness]"),
        things=("a [|suddenly] raised voice", "a burst of [loudness|loud voice]"),
    ),
    "speaks fast": Wording(
        acts=("[speaks|talks] [fast|quickly|rapidly|at a fast pace|at a quick pace|at speed]",
              "is [speaking|talking] [fast|quickly|rapidly]", "[speaks|talks] in a hurry"),
        states=("the speech [is|runs|comes|flows] [fast|quick|rapid]",
                "the [pace|tempo|rate] of the speech is [fast|quick|rapid|high]",
                "the words come [fast|quickly|rapidly]"),
        things=("[fast|rapid|quick] [words]", "a [fast|rapid|quick] [pace of speech|speech "
                "rate|way of speaking|speaking pace]"),
    ),
    "speaks slowly": Wording(
        acts=("[speaks|talks] [slowly|at a slow pace|in slow words]",
              "is [speaking|talking] slowly", "[speaks|talks] [at a low speed|with a slow pace]",
              "takes a slow pace in speaking", "[speaks|talks] [quite|very] slowly"),
        states=("the [delivery|talking] is slow", "words come [at a slow pace|slowly]",
                "the speech [goes|moves] slowly", "the speech keeps a slow pace",
                "the speech [is|runs|comes|flows] [slow|slowly]",
                "the [pace|tempo|rate] of the speech is [slow|low]", "the words come slowly"),
        things=("[slow] [words]", "a slow [pace of speech|speech rate|way of speaking|speaking "
                "pace]"),
    ),
    "the voice is breathy": Wording(
        acts=("[speaks|talks] in a breathy voice", "has a breathy voice",
              "[speaks|talks] with [much|a lot of] breath in the voice"),
        states=(_V + " [is|sounds|remains|stays] [breathy|full of breath]",
                "the speech [is|sounds] breathy"),
        things=("a breathy [voice|tone|voice quality]", "a voice full of breath"),
    ),
    "the voice is tense": Wording(
        acts=("[speaks|talks] [in|with] a [tense|tight|strained|pressed] voice",
              "has a [tense|tight|strained] voice", "sounds tense [in the voice|in speaking]",
              "[speaks|talks] with [tension|tightness|strain] in the voice",
              "[speaks|talks] [tensely|in a tense tone|in a tense tone of voice]"),
        states=(_V + " [is|sounds|remains|stays] [tense|strained|tight]",
                "there is [tension|tightness|strain] in the voice",
                "[tension|tightness|strain] is in the voice", "the tone of voice is tense",
                "the voice carries tension", "the voice is under [tension|strain]"),
        things=("a [tense|strained|tight] voice", "a tense tone of voice", "tension in the voice"),
    ),
}  # fmt: skip
"""Phrase of the vocabulary -> other ways to say it."""
