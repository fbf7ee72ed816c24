"""Words of opposite meaning that embeddings hold for similar, by axis.

An axis lists the words of its positive and its negative end. ``topics`` says what must be spoken
of for the words to be on this axis ("rises" says nothing until it is known what rises); ``None``
means that the words speak for themselves. Words are given as stems, see ``polarity.stem``.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Axis:
    """Two ends, and whether what is moved or changed has to be the same thing."""

    name: str
    positive: frozenset[str]
    negative: frozenset[str]
    is_about_topic: bool = False
    """Whether two cues are opposite only when they speak of the same topic."""
    needs: frozenset[str] = frozenset()
    """Topics of which one must be named in the cue; empty: none needed."""
    excludes: frozenset[str] = frozenset()
    """Topics that must not be named in the cue."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TOPICS: dict[str, str] = {
    word: topic
    for topic, words in {
        "pitch": "pitch intonation inflection",
        "volume": "volume loudness",
        "voice": "voice tone vocal sound",
        "pace": "pace tempo speech speak talk rate rhythm",
        "brow": "brow eyebrow forehead",
        "eye": "eye eyelid lid",
        "gaze": "gaze look stare glance sight",
        "mouth": "mouth lip jaw",
        "corner": "corner",
        "head": "head chin face",
        "hand": "hand arm fist finger palm",
        "shoulder": "shoulder",
        "body": "body posture torso back",
        "breath": "breath breathe breathing",
        "energy": "energy intensity arousal tension",
        "laugh": "laugh laughter chuckle giggle",
        "smile": "smile smil grin beam",
        "nod": "nod",
    }.items()
    for word in words.split()
}

_SEEN = _words("brow eye gaze mouth corner head hand shoulder body smile")

AXES: tuple[Axis, ...] = (
    Axis(
        "direction",
        _words(
            """rise rais lift up upward upward increas higher high upturn ascend elevat heighten climb
grow"""
        ),
        _words(
            """fall drop lower down downward decreas low downturn descend sink declin reduc droop
lessen dip"""
        ),
        is_about_topic=True,
    ),
    Axis(
        "loudness",
        _words("loud loudly louder shout yell scream boom bellow"),
        _words(
            """soft softly softer quiet quietly quieter whisper hush mutter murmur faint silent"""
        ),
        excludes=_SEEN,
    ),
    Axis(
        "speed",
        _words(
            """fast faster quick quickly quicker rapid rapidly hurri rush brisk accelerat swift swiftly
hasti"""
        ),
        _words("slow slowly slower sluggish unhurri leisur decelerat drawl"),
    ),
    Axis(
        "aperture",
        _words("open"),
        _words("close shut"),
        is_about_topic=True,
        needs=_words("eye mouth hand"),
    ),
    Axis(
        "width",
        _words("wide widen"),
        _words("narrow squint"),
        is_about_topic=True,
        needs=_words("eye gaze mouth"),
    ),
    Axis(
        "steadiness",
        _words("steadi stable even firm firmly smooth constant"),
        _words("trembl tremulou shaki quiver waver unsteadi unstable quaver falter"),
        is_about_topic=True,
        needs=_words("voice pitch volume pace hand mouth body breath gaze"),
    ),
    Axis(
        "tension",
        _words("tense tens tight stiff rigid tighten stiffen clench strain"),
        _words("relax loose loosen ease limp slack"),
        excludes=_words("voice gaze"),
    ),
    Axis(
        "melody",
        _words("monoton monotonou flat toneless"),
        _words("expressive animat varied lively livel melodiou sing-song"),
        needs=_words("voice pitch pace"),
    ),
    Axis(
        "mouth shape",
        _words("smil grin beam laugh"),
        _words("frown scowl pout grimac cri weep sob"),
    ),
    Axis(
        "facing",
        _words("toward towards at into"),
        _words("away avert avoid"),
        is_about_topic=True,
        needs=_words("gaze head eye body"),
    ),
    Axis(
        "motion", _words("move mov fidget restless"), _words("still motionless unmov freez frozen")
    ),
    Axis("head gesture", _words("nod"), _words("shake shak"), needs=_words("nod head")),
    Axis("reach", _words("approach near closer"), _words("retreat withdraw recoil")),
    Axis(
        "warmth",
        _words("warm warmly gentle gentl tender kind friendli affectionate"),
        _words("cold coldly harsh harshly hostile icy unfriendli"),
        excludes=_words("hand"),
    ),
    Axis(
        "clarity",
        _words("clear clearly distinct articulat"),
        _words("mumbl slur muffl unclear indistinct"),
    ),
    Axis(
        "valence",
        _words(
            """happi happy joy joyful joyou cheer cheerful delight please pleas pleasure glad content
elat ecstatic thrill optimist optimistic hopeful hope satisfi satisfaction grateful
gratitud proud pride love loving affection amus enjoy relief reliev positive pleasant
upbeat bliss contentment enthusiast enthusiastic euphori delighted pleased satisfied"""
        ),
        _words(
            """sad sadness sorrow unhappi unhappy miser miserable depress gloom gloomi grief griev
grieve mourn anger angri angry furiou furi rage irritat annoy frustrat disgust fear
afraid scare terrifi fright frighten anxiou anxiety worri worry nervou distress upset
disappoint hopeless despair pessimist pessimistic dissatisfi dissatisfaction asham shame
guilt guilti hate hatr negative unpleasant bitter resent displeas displeasure hurt
heartbroken lone lonely agoni"""
        ),
    ),
    Axis(
        "arousal",
        _words("excit agitat energetic hyper frantic hysterical impatient"),
        _words(
            """calm serene tranquil peaceful composed compos placid subdu letharg bored bore apathet
patient"""
        ),
    ),
    Axis(
        "confidence",
        _words("confident confidenc assur certain certainti decisive determin"),
        _words(
            """hesitant hesitat insecure uncertain uncertainti unsure doubt doubtful timid indecisive"""
        ),
    ),
    Axis(
        "trust",
        _words("trust believ"),
        _words("distrust mistrust suspiciou suspicion sceptic skeptic disbeliev"),
    ),
    Axis(
        "sincerity",
        _words("sincere sincer genuine earnest"),
        _words("sarcast sarcastic mock insincere fake feign"),
    ),
    Axis(
        "agreement",
        _words("agree approv accept consent"),
        _words("disagree disapprov refuse reject object"),
    ),
    Axis(
        "interest",
        _words("interest curiou curiosity attentive engag engage focus"),
        _words("uninterest disinterest indifferent indifferenc distract disengag"),
    ),
    Axis(
        "comfort",
        _words("comfort comfortable"),
        _words("uncomfort uncomfortable discomfort awkward"),
    ),
)

NEGATORS = _words(
    """not no never without neither nor none nobody nothing cannot hardly barely scarcely
rarely seldom lack lacks lacking lacked fail fails failed failing stop stops stopped
stopping cease ceases ceased ceasing refuse refuses refused refusing avoid avoids
avoided avoiding unable absent absence devoid free isn't doesn't didn't don't wasn't
aren't weren't won't can't couldn't wouldn't hasn't haven't shouldn't hadn't ain't quit
quits"""
)
"""Words after which a claim is turned round, up to the end of its clause."""

BREAKS = _words(
    """but and yet however while whereas although though because so then instead except despite
with when as"""
)
"""Words that end the reach of a negator."""

MODIFIERS = _words(
    """a an the any some much many very really truly particularly especially overly too so at
all be been being is are was were am do does did have has had seem seems appear appears
to her his their its my your visible clear obvious apparent evident audible noticeable
discernible sign signs trace traces hint hints of single slightest bit quite entirely
completely fully even ever actually in from longer exactly kind sort show showing shows
display displays displaying express expresses expressing exhibit exhibits feel feels
feeling look looks looking sound sounds sounding she he they it"""
)
"""Words between a negator and what it negates."""
