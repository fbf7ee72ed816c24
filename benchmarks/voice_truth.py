"""Whether measured voices go the way the literature says: RAVDESS, same speaker, same sentence.

    python benchmarks/voice_truth.py [--json out.json] [--seed 0]

Two contrasts: strong against normal intensity of one emotion, and angry or happy against sad or
calm. For each quantity, and for each cue named from it, the AUC is the chance that of a pair the
stronger (or livelier) clip measures higher; ties count half. Pairs share speaker and sentence
(and emotion, for intensity); intervals are 95 % over 1,000 bootstrap draws of speakers. Needs the
folder of real media (`--data`) and the packages of the voice, no weights.

Expected directions for angry and happy against sad and calm: Juslin and Laukka (2003,
Psychological Bulletin 129) and Scherer (2003, Speech Communication 40), as in `docs/cues.md`. For
intensity: Juslin and Laukka (2001, Emotion 1): louder, higher, wider, more high-frequency energy;
on rate they find no one direction.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
QUANTITIES = {
    "loudness_db": "loudness level",
    "loudness_range": "loudness range",
    "pitch_hz": "pitch median",
    "pitch_range": "pitch range",
    "syllable_rate": "rate, pauses left out",
    "alpha_db": "high over low frequencies",
    "hnr_db": "harmonics over noise",
    "pause_share": "share of pauses",
}
CUES = (
    "loud-burst", "high-pitch", "low-pitch", "lively-pitch", "monotone", "fast-speech",
    "slow-speech", "tense-voice", "breathy-voice", "pause",
)  # fmt: skip
LOWER = {"low-pitch", "monotone", "slow-speech", "breathy-voice", "pause", "pause_share"}
OPEN = {
    "intensity": {"syllable_rate", "fast-speech", "slow-speech", "hnr_db", "pause_share", "pause"},
    "arousal": {"hnr_db"},
}
"""Where the literature has no one direction."""
TITLES = {
    "intensity": "strong against normal intensity",
    "arousal": "angry or happy against sad or calm",
}
NUM_DRAWS = 1000
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap")
    parser.add_argument("--json", type=Path, help="also write the result here")
    args = parser.parse_args()
    clips = measured(args.data)
    result = {
        "num_clips": len(clips),
        "num_speakers": len({clip["speaker"] for clip in clips}),
        **{contrast: contrast_rows(clips, contrast, args.seed) for contrast in TITLES},
    }
    print(table(result))
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def measured(data: Path) -> list[Row]:
    """Quantities and named cues of each clip."""
    from xemogpt.media import read_audio
    from xemogpt.signals.voice import voice_cues
    from xemogpt.signals.voice_curves import VoiceAnalyser
    from xemogpt.signals.voice_stats import voice_stats

    analyser = VoiceAnalyser()
    lines = (data / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    clips = []
    for row in map(json.loads, lines):
        if row.get("dataset") != "RAVDESS":
            continue
        curves = analyser.curves(read_audio(data / row["file"]).waveform)
        spans = curves.speech_spans() if curves is not None else []
        if not spans:
            continue
        stats = voice_stats(curves, spans)
        whole_s = spans[-1].end_s - spans[0].start_s
        named = {cue.kind for cue in voice_cues(curves)}
        values = {name: getattr(stats, name, np.nan) for name in QUANTITIES}
        values["pause_share"] = 1 - stats.speech_s / whole_s
        values |= {kind: float(kind in named) for kind in CUES}
        keys = ("speaker", "transcript", "label", "intensity")
        clips.append({**{key: row[key] for key in keys}, "values": values})
    return clips


def contrast_rows(clips: list[Row], contrast: str, seed: int) -> Row:
    """AUC, interval and verdict of each quantity and cue."""
    groups: dict[tuple[str, ...], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for clip in clips:
        place = (clip["speaker"], clip["transcript"])
        if contrast == "intensity":
            if clip["label"] != "neutral":  # which has one intensity only
                side = "high" if clip["intensity"] == "strong" else "low"
                groups[(*place, clip["label"])][side].append(clip["values"])
        elif clip["label"] in {"angry", "happy"}:
            groups[place]["high"].append(clip["values"])
        elif clip["label"] in {"sad", "calm"}:
            groups[place]["low"].append(clip["values"])
    return {
        name: {
            "expected": "none"
            if name in OPEN[contrast]
            else "lower"
            if name in LOWER
            else "higher",
            **auc_by_speaker(groups, name, seed),
        }
        for name in (*QUANTITIES, *CUES)
    }


def auc_by_speaker(
    groups: dict[tuple[str, ...], dict[str, list[Row]]], name: str, seed: int
) -> Row:
    """Chance that the first of a pair measures higher, speakers being drawn anew."""
    wins: dict[str, float] = defaultdict(float)
    pairs: dict[str, int] = defaultdict(int)
    for (speaker, *_), sides in groups.items():
        high, low = (
            np.array([values[name] for values in sides[side] if not np.isnan(values[name])])
            for side in ("high", "low")
        )
        wins[speaker] += float((high[:, None] > low).sum() + 0.5 * (high[:, None] == low).sum())
        pairs[speaker] += len(high) * len(low)
    won, num = np.array(list(wins.values())), np.array(list(pairs.values()))
    drawn = np.random.default_rng(seed).integers(0, len(won), (NUM_DRAWS, len(won)))
    draws = won[drawn].sum(axis=1) / np.maximum(num[drawn].sum(axis=1), 1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return {
        "auc": round(float(won.sum() / num.sum()), 3),
        "interval": [round(float(low), 3), round(float(high), 3)],
        "num_pairs": int(num.sum()),
    }


def verdict(row: Row) -> str:
    """What the interval says of the expected direction."""
    low, high = row["interval"]
    found = "higher" if low > 0.5 else "lower" if high < 0.5 else "undecided"
    if row["expected"] == "none":
        return f"{found} (no expectation)"
    return (
        "as expected" if found == row["expected"] else "no" if found == "undecided" else "OPPOSITE"
    )


def table(result: Row) -> str:
    """Markdown."""
    lines = [f"{result['num_clips']} clips of {result['num_speakers']} speakers."]
    for contrast, title in TITLES.items():
        lines += ["", f"**{title}**", "", "| Measured | Expected | AUC | 95 % | Pairs | So |"]
        lines.append("|---|---|---|---|---|---|")
        for name, row in result[contrast].items():
            shown = QUANTITIES.get(name, f"`{name}` named")
            low, high = row["interval"]
            lines.append(
                f"| {shown} | {row['expected']} | {row['auc']:.3f} | {low:.3f}-{high:.3f} |"
                f" {row['num_pairs']} | {verdict(row)} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
