"""The tables of docs/cues.md, written from the code so that they cannot differ from it."""

from importlib import import_module

from xemogpt.schema import Modality
from xemogpt.signals.appraise import EMOTIONS, TABLE
from xemogpt.signals.vocabulary import WARNINGS, kinds

CONSTANTS: tuple[tuple[str, str, str], ...] = (
    ("face", "MIN_FACE_PX", "narrower faces: eyes and eyebrows are not measured"),
    ("face", "TALK_WINDOW_S", "window for the movement of the lips"),
    ("face", "TALK_SMOOTH_S", "smoothing of mouth curves during speech"),
    ("face", "TALK_DISCOUNT", "factor on the smile coefficient during speech"),
    ("face", "CLOSED_LIPS", "lip gap of a grimace at most, in eye distances"),
    ("face", "WIDE_MOUTH", "lip gap from which a smiling mouth is open too, in eye distances"),
    ("face_curves", "SMOOTH_S", "moving median of every face curve"),
    ("face_curves", "BLINK_SHUT", "eyeBlink from which eyes look nowhere"),
    ("eyes", "MAX_BLINK_S", "longer closings are `eyes-closed`"),
    ("eyes", "MIN_RATE_S", "least time for a blink rate"),
    ("head", "MAX_SWING_S", "longer half swings are no nod or shake"),
    ("head", "MIN_SWINGS", "half swings of a nod or shake at least"),
    ("voice_curves", "VOICED", "confidence of the pitch tracker at least"),
    ("voice_curves", "PAUSE_DEPTH_DB", "so far below the loudest speech is a pause"),
    ("voice", "SHORT_PAUSE_S", "from here on a pause is no longer brief"),
    ("voice", "LONG_PAUSE_S", "from here on a pause is long"),
    ("voice", "MIN_SPEECH_S", "least speech for a level, range, trend or rate"),
    ("voice", "BREATHY_ALPHA_DB", "alpha ratio of a breathy voice at most"),
    ("voice_stats", "NUCLEUS_DIP_DB", "dip of loudness between two syllables"),
    ("voice_stats", "NUCLEUS_RANGE_DB", "syllables are at most this far below the loudest"),
    ("intonation", "FINAL_S", "stretch of voice for a final rise or fall"),
    ("intonation", "MAX_TREMOR", "deeper wavering is a creak, in semitones"),
    ("speech", "MAX_NO_SPEECH", "words are dropped above this, if they are also unsure"),
    ("speech", "MIN_LOG_PROBABILITY", "mean log probability of words at least"),
    ("appraise", "NEUTRAL_PRIOR", "evidence for neutral before anything is measured"),
)
"""Module, name and meaning of what else decides over cues."""


def docs_tables() -> str:
    """Everything in docs/cues.md from its first table on."""
    return "\n".join([cue_table(), constants_table(), EMOTION_NOTE, evidence_table()])


def constants_table() -> str:
    """Further limits, with the values the code has now."""
    lines = ["## Further limits", "", "| Limit | Value | Meaning |", "|---|---|---|"]
    for module, name, meaning in CONSTANTS:
        value = getattr(import_module(f"xemogpt.signals.{module}"), name)
        lines.append(f"| `{module}.{name}` | {value:g} | {meaning} |")
    return "\n".join(lines) + "\n"


EMOTION_NOTE = """## Expressed emotion

`appraise` adds up evidence: each kind of cue counts once, with its strongest case, weighted by
confidence and duration. It says what face and voice *express*, never what somebody feels. Neutral
starts with a prior, so that one weak cue makes no emotion. The directions are those of Ekman and
Friesen's action units for basic expressions and of the reviews of vocal expression by Scherer
(2003, *Speech Communication* 40) and Juslin and Laukka (2003, *Psychological Bulletin* 129). The
words spoken are not weighed.
"""


def evidence_table() -> str:
    """The table as Markdown, as docs/cues.md shows it."""
    lines = [f"| Cue | {' | '.join(EMOTIONS)} |", "|---" * (len(EMOTIONS) + 1) + "|"]
    for kind, weights in TABLE.items():
        cells = [f"{weights[name]:+g}" if name in weights else "" for name in EMOTIONS]
        lines.append(f"| `{kind}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def cue_table() -> str:
    """The vocabulary and the warnings as Markdown tables, the body of docs/cues.md."""
    lines = []
    modalities: tuple[Modality, ...] = ("visual", "auditory")
    for modality in modalities:
        lines += [
            f"## {modality.capitalize()} cues",
            "",
            "| Kind | Said as | What is measured | Unit of the value | Rise over baseline "
            "| From | Level "
            "| Ends at | At least | Joined across | Trust |",
            "|---|---|---|---|---|---|---|---|---|---|---|",
        ]
        for kind in kinds(modality):
            limits = kind.rule
            cells = [
                f"`{kind.name}`",
                "; ".join(kind.phrases),
                kind.meaning,
                limits.unit,
                "" if limits.rise is None else f"{limits.rise:g}",
                "" if limits.least is None else f"{limits.least:g}",
                "" if limits.level is None else f"{limits.level:g}",
                f"{limits.keep:.0%}",
                f"{limits.min_s:g} s",
                f"{limits.gap_s:g} s",
                f"{limits.trust:g}",
            ]
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    lines += ["## Warnings", "", "| Code | Meaning |", "|---|---|"]
    lines += [f"| `{code}` | {meaning} |" for code, meaning in WARNINGS.items()]
    return "\n".join(lines) + "\n"
