"""An explanation without the statements that cannot be true, still in sentences."""

import re
from collections.abc import Mapping, Sequence

from xemogpt.emocue.verification.clauses import Clause, Sentence
from xemogpt.emocue.verification.judging import Judgement
from xemogpt.signals.phrasing import capital

_OPENERS = re.compile(
    r"^\W*(?:(?:and|but|yet|only|just|right|directly|immediately|shortly|soon)\s+)?"
    r"(?:then|next(?! to)|after(?:wards?|\s+that|\s+this)|later(?:\s+on|\s+in the clip)?"
    r"|subsequently|finally|eventually|in the end|at last|following this|thereafter|thereupon"
    r"|from there"
    r"|before (?:that|this)|beforehand|earlier(?:\s+on)?|previously"
    r"|(?:about |around |roughly )?[\w.]+ seconds? later|a (?:little|moment) later"
    r"|once (?:that|this) is over|when (?:that|this) is over|as soon as (?:that|this) is over"
    r"|with that done|in the next moments|immediately after|soon after|some time later)\b,?\s*",
    re.IGNORECASE,
)
_FIRST = re.compile(r"\b(?:first|at first|initially)\b,?\s*", re.IGNORECASE)
_LEADING = re.compile(r"^(?:because|since|as|when|while|once|after|before)\s+", re.IGNORECASE)
_GERUND = re.compile(r"^\w+ing\b", re.IGNORECASE)


def rewritten(sentences: Sequence[Sentence], judgements: Mapping[int, Judgement]) -> str:
    """The text again; sentences in which nothing is wrong stay as they were written."""
    parts: list[str] = []
    for sentence in sentences:
        verdicts = [judgements[id(clause)].verdict for clause in sentence.clauses]
        if not {"contradicted", "wrong-order"} & set(verdicts):
            parts.append(sentence.text + sentence.after)
            continue
        kept = [
            clause
            for clause, verdict in zip(sentence.clauses, verdicts, strict=True)
            if verdict != "contradicted"
        ]
        body = _body(sentence, kept, judgements)
        if body:
            parts.append(f"{sentence.label}{body}{sentence.end or '.'}{sentence.after}")
        elif "\n" in sentence.after and parts and not parts[-1].endswith("\n"):
            parts.append(sentence.after.lstrip(" "))
    return "".join(parts).strip()


def _body(sentence: Sentence, kept: Sequence[Clause], judgements: Mapping[int, Judgement]) -> str:
    """What is left of a sentence."""
    made = ""
    previous: Clause | None = None
    for clause in kept:
        text = clause.text
        at = sentence.clauses.index(clause)
        is_out_of_order = judgements[id(clause)].verdict == "wrong-order"
        if is_out_of_order:
            text = _OPENERS.sub("", text)
        has_lost = at > 0 and (previous is None or sentence.clauses[at - 1] is not previous)
        if previous is None:
            made = text if at == 0 else _standing(clause, text, sentence)
        elif is_out_of_order:
            made = f"{_FIRST.sub('', made)}, and {_uncapital(_standing(clause, text, sentence))}"
        elif has_lost:
            made += f" and {_uncapital(text)}"
        else:
            made += clause.joint + text
        previous = clause
    return capital(made.strip(" ,;"))


def _standing(clause: Clause, text: str, sentence: Sentence) -> str:
    """A clause that can stand alone: with the subject of its sentence if it has none."""
    text = _LEADING.sub("", text)
    if clause.has_subject or _is_thing(text):
        return text
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
