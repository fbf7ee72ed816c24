"""Whether an answer is in English, a refusal, or one sentence over and over: cheap signs."""

import re
from collections import Counter

_QUOTED = re.compile(r"[\"“„«‹「『][^\"”“»›」』]{0,500}[\"”“»›」』]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_COMMON = {
    "english": "the a an of and is are to in with his her their he she it that at on then while"
    " as no not but from by voice face person",
    "German": "der die das und ist sind nicht mit ein eine einen ihr ihre sein seine sie er es zu"
    " auf im dem den von wird während dann stimme",
    "French": "le la les et est sont une des du de il elle avec sa son ses pas dans sur que qui au"
    " puis pendant voix ne",
    "Spanish": "el la los las y es son una un de del con su sus que no en al se lo por mientras voz"
    " ella luego",
    "Italian": "il la le gli e è sono una un di del della con che non si suo sua nel al mentre voce"
    " lei poi",
    "Portuguese": "o a os as e é são uma um de do da com que não se seu sua no na ao enquanto voz"
    " ela depois",
    "Dutch": "de het een en is zijn niet met haar hij zij van op dat in te terwijl stem dan",
    "Polish": "i w na się nie jest z że do to jej jego są po przez głos ona",
    "Turkish": "ve bir bu da de ile için çok daha gibi ses sonra onun var",
    "Indonesian": "yang dan di dengan ini itu dia tidak suara wajah ke dari pada",
}  # fmt: skip
_LISTS = {name: frozenset(words.split()) for name, words in _COMMON.items()}
_FEW_WORDS = 5
_OFTEN = 4
_OPENING = r"^\W*(?:i['’]?m |i am |we['’]?re )?(?:very |so |really )?(?:sorry|afraid)\b"
_UNWILLING = (
    r"\b(?:i|we)\s+(?:can(?:not|['’]t| not)|could ?n['’]t|won['’]t|will not|must decline|decline"
    r"|am (?:not able|unable)|['’]m (?:not able|unable))\b(?:\W+\w+){0,3}?\W+"
    r"(?:help|assist|comply|provide|analy[sz]e|describe|identify|continue|fulfil+|answer|process"
    r"|view|watch|listen|access|do)\b"
    r"|\b(?:i|we) (?:do not|don['’]t) have (?:the )?(?:ability|access|capability)\b"
)
_MACHINE = r"\bas an? (?:ai|artificial|large language|language)\b"
_REFUSAL = re.compile(f"{_UNWILLING}|{_MACHINE}", re.I)
_SORRY = re.compile(_OPENING, re.I)


def other_language(text: str) -> str | None:
    """What a text is written in if that is plainly not English; quotations do not count.

    >>> other_language("Die Frau lächelt und ihre Stimme ist leise.")
    'German'
    >>> other_language("She says “Das ist nicht wahr und du weißt es” and smiles.") is None
    True
    """
    text = _QUOTED.sub(" ", text)
    letters = [char for char in text if char.isalpha()]
    if letters and sum(ord(char) < 0x250 for char in letters) < 0.7 * len(letters):
        return "another script"
    words = [word.lower() for word in _WORD.findall(text)]
    if len(words) < _FEW_WORDS:
        return None
    hits = Counter({name: sum(w in known for w in words) for name, known in _LISTS.items()})
    best, count = hits.most_common(1)[0]
    if best == "english" or count < max(3, 0.15 * len(words)) or count <= 1.5 * hits["english"]:
        return None
    return best


def is_refusal(text: str) -> bool:
    """Whether a text says no to the task, in its first two sentences.

    >>> is_refusal("I'm sorry, but I can't help with identifying people.")
    True
    >>> is_refusal("She looks down and says that she is sorry.")
    False
    """
    start = " ".join(_QUOTED.sub(" ", text[:600]).split())
    start = " ".join(re.split(r"(?<=[.!?])\s+", start)[:2])[:300]
    return bool(_REFUSAL.search(start) or (_SORRY.match(start) and len(start) < 120))


def repeats_itself(text: str) -> bool:
    """Whether a sentence comes again and again, as small models do when they are lost.

    >>> repeats_itself("She nods. They talk to themselves. " + "They talk to themselves. " * 3)
    True
    """
    sentences = [" ".join(part.lower().split()) for part in re.split(r"[.!?;\n]", text)]
    counts = Counter(part for part in sentences if len(part.split()) >= 3)
    return any(count >= _OFTEN for count in counts.values())
