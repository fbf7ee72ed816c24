"""Wordings of where somebody looks and how the head moves; see ``prose_face``."""

from xemogpt.emocue.annotators.prose_bank import Wording

MOVES: dict[str, Wording] = {
    "looks down": Wording(
        acts=("looks [down|downwards]", "[lowers|drops|casts down] the [gaze|eyes|look]",
              "[is|can be seen] looking [down|downwards]", "glances [down|downwards]",
              "turns the [gaze|eyes] [down|downwards]"),
        states=("the [gaze|look] [drops|sinks|goes down|falls|turns down|points down]",
                "the gaze is [lowered|turned down|cast down|directed downwards]",
                "the eyes [look|point|turn|go] [down|downwards]"),
        things=("a [lowered|downward|downcast] [gaze|look]", "a [look|glance] [down|downwards]"),
    ),
    "looks up": Wording(
        acts=("looks [up|upwards]", "[lifts|raises] the [gaze|eyes|look]",
              "[is|can be seen] looking [up|upwards]", "glances [up|upwards]",
              "turns the [gaze|eyes] [up|upwards]"),
        states=("the [gaze|look] [rises|goes up|turns up|points up|lifts]",
                "the gaze is [raised|turned up|directed upwards]",
                "the eyes [look|point|turn|go] [up|upwards]"),
        things=("an upward [gaze|look|glance]", "a raised gaze", "a [look|glance] [up|upwards]"),
    ),
    "looks to their {side}": Wording(
        acts=("[looks|glances|gazes] [to|towards] their {side}",
              "[is|can be seen] looking [to|towards] their {side}",
              "turns the [gaze|eyes] [to|towards] their {side}"),
        states=("the gaze [goes|moves|turns|points|drifts|wanders|is turned|is directed] "
                "[to|towards] their {side}",
                "the eyes [look|turn|point|move|go|are turned] [to|towards] their {side}"),
        things=("a [look|glance|gaze] [to|towards] their {side}",
                "a gaze turned [to|towards] their {side}"),
    ),
    "nods once": Wording(
        acts=("nods [once|a single time|one time|just once]", "nods the head [once|one time]",
              "gives [a|one|a single] nod", "makes [one|a single] nod"),
        states=("the head nods [once|a single time|one time|just once]",
                "the head [gives|makes] [a|one|a single] nod", "the head goes down and up once"),
        things=("[a|one|a single] nod", "[a|one|a single] nod of the head"),
    ),
    "nods {count}": Wording(
        acts=("nods {count}", "nods the head {count}", "is nodding {count}", "nods [quite |all "
              "of |]{count}",
              "[gives|makes] a nod {count}"),
        states=("the head nods {count}", "the head is nodded {count}", "the head gives a nod "
                "{count}",
                "a nod comes {count}"),
    ),
    "shakes the head": Wording(
        acts=("shakes the head [|from side to side|sideways]", "[moves|swings] the head from "
              "side to side",
              "gives [a shake of the head|the head a shake]",
              "[is|can be seen] shaking the head"),
        states=("the head [shakes|shakes from side to side|is shaken|is shaken from side to side]",
                "the head [swings|moves|goes] from side to side",
                "a shake [goes|runs] through the head"),
        things=("a shake of the head", "a headshake", "a shaking of the head"),
    ),
    "tilts the head to their {side}": Wording(
        acts=("[tilts|leans|inclines|tips|cocks] the head [to|towards] their {side}",
              "[keeps|holds|has] the head tilted [to|towards] their {side}",
              "is tilting the head [to|towards] their {side}"),
        states=("the head [tilts|leans|tips] [to|towards] their {side}",
                "the head [is|stays|is held] [tilted|inclined] [to|towards] their {side}"),
        things=("a [tilt|lean] of the head [to|towards] their {side}",
                "a head [tilted|inclined] [to|towards] their {side}"),
    ),
    "bows the head": Wording(
        acts=("[bows|lowers|drops|dips|hangs] the head", "bows the head down",
              "[is|can be seen] bowing the head", "[keeps|holds|has] the head bowed"),
        states=("the head [bows|is bowed|drops|sinks|dips|is lowered|bends down|goes down]",
                "the head [stays|is held] bowed"),
        things=("a [bowed|lowered] head", "a bow of the head", "a lowering of the head"),
    ),
    "raises the chin": Wording(
        acts=("[raises|lifts] the chin [|up|upwards]", "[keeps|holds|has] the chin raised",
              "[is|can be seen] raising the chin", "holds the chin up"),
        states=("the chin [rises|lifts|goes up|is raised|is lifted|moves up|comes up]",
                "the chin [stays|is held] raised"),
        things=("a [raised|lifted] chin", "a [raise|lift] of the chin"),
    ),
    "turns the head to their {side}": Wording(
        acts=("[turns|rotates|swings] the head [to|towards] their {side}",
              "[keeps|holds|has] the head turned [to|towards] their {side}",
              "is turning the head [to|towards] their {side}"),
        states=("the head [turns|rotates|swings] [to|towards] their {side}",
                "the head [is|stays|is held] turned [to|towards] their {side}"),
        things=("a turn of the head [to|towards] their {side}",
                "a head turned [to|towards] their {side}", "a head turn to their {side}"),
    ),
    "keeps the head still": Wording(
        acts=("[keeps|holds] the head [still|quite still|steady|motionless]",
              "has a [still|steady] head", "leaves the head [still|unmoved|motionless]"),
        states=("the head [stays|remains|is kept|is held|keeps|rests|is|sits]"
                " [still|steady|motionless|at rest]",),
        things=("a [still|steady|motionless] head", "a head that [stays|remains] still"),
    ),
}  # fmt: skip
"""Phrase of the vocabulary, sides and counts taken out -> other ways to say it."""
