"""An explanation without the statements that cannot be true, still in sentences."""

import re
from collections.abc import Mapping, Sequence

from xemogpt.emocue.verification.clauses import SUBJECT, Clause, Sentence
from xemogpt.emocue.verification.judging import Judgement
from xemogpt.emocue.verification.sequence import FIRST, LATER_BEHIND, OPENERS
from xemogpt.signals.phrasing import capital

_NUMBER = re.compile(r"\s*\(?(\d{1,2})[.)]\s")
_LEADING = re.compile(
    r"^(?:it is )?(?:because|since|as soon as|as|when|while|once|(?:only )?after|before)\s+",
    re.IGNORECASE,
)
_OWNER = re.compile(r"\W*(the|an?|his|her|their|its)\b", re.IGNORECASE)
_VERB = re.compile(r"(?:\w+ly\s+)?(?:\w+s|\w+ing|can|could|may|will|seem\w*)\b", re.IGNORECASE)
_GERUND = re.compile(r"^\w+ing\b", re.IGNORECASE)


def rewritten(sentences: Sequence[Sentence], judgements: Mapping[int, Judgement]) -> str:
    """The text again; sentences in which nothing is wrong stay as they were written."""
    parts: list[str] = []
    num_gone = 0  # of a numbered list
    carried = ""  # "Visual: " goes to the next sentence of its line
    for sentence in sentences:
        verdicts = [judgements[id(clause)].verdict for clause in sentence.clauses]
        number = _NUMBER.match(sentence.label)
        num_gone = num_gone if number and int(number[1]) > 1 else 0
        label = sentence.label or carried
        carried = ""
        if number and num_gone:
            label = label.replace(number[1], str(int(number[1]) - num_gone), 1)
        if not {"contradicted", "wrong-order"} & set(verdicts):
            parts.append(label + sentence.text[len(sentence.label) :] + sentence.after)
            continue
        kept = [
            clause
            for clause, verdict in zip(sentence.clauses, verdicts, strict=True)
            if verdict != "contradicted"
        ]
        body = _body(sentence, kept, judgements)
        if body:
            parts.append(f"{label}{body}{sentence.end or '.'}{sentence.after}")
            continue
        num_gone += number is not None
        carried = "" if "\n" in sentence.after else label
        if "\n" in sentence.after and parts and not parts[-1].endswith("\n"):
            parts.append(sentence.after.lstrip(" "))
    text = "".join(parts).strip()
    # "Then" after nothing.
    return text if text.startswith(_start(sentences)) else capital(OPENERS.sub("", text))


def _start(sentences: Sequence[Sentence]) -> str:
    """The first words of the text as it was."""
    return sentences[0].text[:12].strip() if sentences else ""


def _body(sentence: Sentence, kept: Sequence[Clause], judgements: Mapping[int, Judgement]) -> str:
    """What is left of a sentence."""
    made = ""
    previous: Clause | None = None
    for clause in kept:
        text = clause.text
        at = sentence.clauses.index(clause)
        is_out_of_order = judgements[id(clause)].verdict == "wrong-order"
        if is_out_of_order:
            text = LATER_BEHIND.sub("", OPENERS.sub("", text)).rstrip(" ,")
        has_lost = at > 0 and (previous is None or sentence.clauses[at - 1] is not previous)
        is_new_last = clause is kept[-1] and clause is not sentence.clauses[-1]
        alone = _uncapital(_standing(text, sentence))
        if previous is None:
            made = text if at == 0 else alone
        elif is_out_of_order:
            made = f"{FIRST.sub('', _LEADING.sub('', made))}, and {alone}"
        elif has_lost and ";" in clause.joint:
            made += f"; {text}"
        elif has_lost and previous is sentence.clauses[0] and _LEADING.match(made):
            made += f", {alone}"
        elif has_lost or (is_new_last and clause.joint == ", "):
            made += f" and {_uncapital(text)}"
        else:
            made += clause.joint + text
        previous = clause
    if len(kept) == 1 < len(sentence.clauses):
        made = _LEADING.sub("", made)  # "While she smiles" needs what it was tied to
    return capital(made.strip(" ,;"))


def _standing(text: str, sentence: Sentence) -> str:
    """A clause that can stand alone: with the subject of its sentence if it has none."""
    text = _LEADING.sub("", text)
    if SUBJECT.match(OPENERS.sub("", text)) or _is_thing(text):
        return text
    owner = _OWNER.match(sentence.clauses[0].text)
    if owner and not _VERB.match(text):
        return f"{owner[1]} {text}"  # "her raised brows and wide smile"
    subject = sentence.subject if _is_person(sentence.subject) else "the person"
    if _GERUND.match(text):
        return f"{subject} is {text}"
    return f"{subject} {_uncapital(text)}"


def _is_thing(text: str) -> bool:
    return re.match(r"\W*(?:the|an?|there|no|his|her|their)\b", text, re.IGNORECASE) is not None


def _is_person(subject: str) -> bool:
    return re.search(r"person|individual|speaker|woman|man|girl|boy|lady|subject|^she$|^he$|^they$",
                     subject, re.IGNORECASE) is not None  # fmt: skip


def _uncapital(text: str) -> str:
    return text[:1].lower() + text[1:] if not text.startswith("I ") else text
