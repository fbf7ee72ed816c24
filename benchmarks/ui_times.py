"""How long a visitor of ``xemogpt ui`` waits, in Chromium: for the page, and for the cues.

    python benchmarks/ui_times.py --repeats 7 --out /tmp/ui_times.json

Each repeat is a new visitor. From pressing the sample: "answer" is to the first sign of life,
"emotion" to the headline, "cues" to a cue in the report that is on screen. Beside them stands what
explaining and rendering the same clip take without any page ("alone").
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.ui.running import OPTIONS, serving


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(temporary=Path(folder)) as server:
        waits = visit(server.address, given.repeats)
    waits["alone"] = alone(given.repeats)
    report = {f"{name}_s": summary(times) for name, times in waits.items()}
    given.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report))


def visit(address: str, repeats: int) -> dict[str, list[float]]:
    """Seconds to the page and to the cues; the first visit, which loads detectors, is dropped."""
    from playwright.sync_api import sync_playwright

    waits: dict[str, list[float]] = {name: [] for name in ("page", "answer", "emotion", "cues")}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**OPTIONS)
        for _ in range(repeats + 1):
            page = browser.new_context().new_page()
            started = time.perf_counter()
            page.goto(address)
            page.wait_for_selector("#explain")
            waits["page"].append(time.perf_counter() - started)
            started = time.perf_counter()
            page.get_by_text("try a sample").first.click()
            for name, selector in (("answer", ".finding .by"), ("emotion", ".mood")):
                page.wait_for_selector(selector)
                waits[name].append(time.perf_counter() - started)
            page.frame_locator("iframe.report").get_by_text("nods once").first.wait_for()
            waits["cues"].append(time.perf_counter() - started)
            page.context.close()
        browser.close()
    return {name: times[1:] for name, times in waits.items()}


def alone(repeats: int) -> list[float]:
    """The same without server and browser."""
    from xemogpt.inference import Explainer, Request
    from xemogpt.report import render_report
    from xemogpt.weights import locate

    clip = next(locate("samples").glob("*.mp4"))
    explainer = Explainer()
    times = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        render_report(explainer.examine(Request(clip)))
        times.append(time.perf_counter() - started)
    return times[1:]


def summary(times: list[float]) -> dict[str, float]:
    """Median and range."""
    return {
        "median": round(float(np.median(times)), 2),
        "min": round(min(times), 2),
        "max": round(max(times), 2),
    }


if __name__ == "__main__":
    main()
