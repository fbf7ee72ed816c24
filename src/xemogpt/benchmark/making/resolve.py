"""Groups and decisions become the cues of each clip."""

from collections.abc import Mapping, Sequence

from xemogpt.benchmark.making.adjudication import Decision
from xemogpt.benchmark.making.grouping import Group
from xemogpt.benchmark.making.tables import refuse
from xemogpt.schema import Cue, Modality

Resolved = dict[str, dict[Modality, list[Cue]]]


def resolve(
    groups: Sequence[Group], decisions: Mapping[str, Decision]
) -> tuple[Resolved, dict[str, list[str]]]:
    """The cues of every clip that has any left, and what a reader should know of them.

    What several annotators stated stays; what one stated stays if decided so. Merging says that
    a cue is the same as the nearest one, which then stands for both; where two cues are merged
    with each other, the first stays.

    Returns:
        Clip id -> modality -> cues, and clip id -> flags.

    Raises:
        DatasetError: if a cue is to be merged with one that is dropped.
    """
    by_key = {group.key: group for group in groups}
    problems = []
    cues: Resolved = {}
    flags: dict[str, list[str]] = {}
    for group in groups:
        decision = decisions.get(group.key)
        if decision is not None and decision.choice == "drop":
            continue
        if decision is not None and decision.choice == "merge":
            chain = _chain(group.key, decisions)
            last = decisions.get(chain[-1])
            if last is not None and last.choice == "drop":
                problems.append(
                    f"clip {group.id!r}: {group.first.text!r} is merged with"
                    f" {by_key[chain[-1]].first.text!r}, which is dropped"
                )
            if last is None or last.choice != "merge":
                continue
            ring = chain[chain.index(last.nearest or "") :]
            if group.key != next(key for key in by_key if key in ring):
                continue
        found = cues.setdefault(group.id, {}).setdefault(group.modality, [])
        merged, flag = _merged(group)
        edited = decision.edited if decision is not None else None
        found += [edited, *merged[1:]] if edited is not None else merged
        if flag:
            flags.setdefault(group.id, []).append(flag)
    refuse(problems, "decisions")
    return cues, flags


def _chain(key: str, decisions: Mapping[str, Decision]) -> list[str]:
    """From a cue to what it is merged with, and so on, until one stays or comes again."""
    chain = [key]
    while (decision := decisions.get(chain[-1])) is not None and decision.choice == "merge":
        if decision.nearest is None or decision.nearest in chain:
            break
        chain.append(decision.nearest)
    return chain


def _merged(group: Group) -> tuple[list[Cue], str | None]:
    """The cue of a group with the mean of its times, and repetitions at other times."""
    firsts = [cues[0] for cues in group.members.values()]
    timed = [(cue.start_s, cue.end_s) for cue in firsts
             if cue.start_s is not None and cue.end_s is not None]  # fmt: skip
    cue, flag = group.first, None
    if len(timed) > 1 and max(start for start, _ in timed) > min(end for _, end in timed):
        flag = f"times-disagree: {cue.text!r} is timed apart by those who state it"
    elif timed:
        start, end = (round(sum(times) / len(times), 3) for times in zip(*timed, strict=True))
        cue = cue.model_copy(update={"start_s": start, "end_s": end})
    own = next(iter(group.members.values()))
    return [cue, *own[1:]], flag
