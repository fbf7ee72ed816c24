"""Choose the 400 clips of ``controlled-400`` and write their manifest; for those who publish it.

    python benchmarks/publish_controlled.py build/controlled

More test clips than needed are made. Of each scenario the first 100 are taken whose gold cues
alone tell the emotion by the rule of the corpus; the two clips of a temporal pair stay together.
"""

import argparse
import sys
from itertools import groupby
from pathlib import Path

from xemogpt.benchmark.controlled_task import MANIFEST, NUM, SEED, write_manifest
from xemogpt.emocue.controlled.corpus import make_corpus
from xemogpt.emocue.controlled.plan import SCENARIOS, plan
from xemogpt.emocue.controlled.speaker import Repertoire
from xemogpt.emocue.records import EmoCueRecord, read_records

EACH = NUM // len(SCENARIOS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the clips are made")
    parser.add_argument("--each", type=int, default=150, help="clips made of each scenario")
    given = parser.parse_args()
    scripts = [
        script
        for scenario in SCENARIOS
        for script in plan(Repertoire(), given.each, SEED, "test", scenario)
    ]
    made = make_corpus(
        scripts,
        given.folder,
        settings={"seed": SEED, "each": given.each},
        progress=lambda done, total: print(f"\r{done} of {total}", end="", file=sys.stderr),
    )
    if made.failures:
        sys.exit(f"{len(made.failures)} clips failed; the first: {made.failures[0]}")
    records = read_records(given.folder)
    chosen = [record for scenario in SCENARIOS for record in choose(records, scenario)]
    path = Path(__file__).parents[1] / "src" / "xemogpt" / "benchmark" / MANIFEST
    write_manifest(chosen, path)
    print(f"\n{len(chosen)} of {len(records)} clips in {path.name}", file=sys.stderr)


def choose(records: list[EmoCueRecord], scenario: str) -> list[EmoCueRecord]:
    """The first clips of a scenario that are decided, pairs of temporal clips together."""
    of_scenario = [record for record in records if record.scenario == scenario]
    size = 2 if scenario == "temporal" else 1
    chosen: list[EmoCueRecord] = []
    for _, group in groupby(of_scenario, key=lambda record: int(record.id[-5:]) // size):
        clips = list(group)
        if all(not any(flag.startswith("undecided") for flag in clip.flags) for clip in clips):
            chosen += clips
    if len(chosen) < EACH:
        sys.exit(f"only {len(chosen)} {scenario} clips are decided; make more with --each")
    return chosen[:EACH]


if __name__ == "__main__":
    main()
