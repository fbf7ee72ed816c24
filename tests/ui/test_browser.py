"""People's ways through the page, in Chromium, over a server that is killed on the way."""

import json
import signal

import pytest
from tests.ui.running import OPTIONS, has_chromium, serving
from tests.ui.sets import make_set

from xemogpt.benchmark.tasks import load_task

pytestmark = [
    pytest.mark.skipif(not has_chromium(), reason="Chromium is not installed here"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_set(tmp_path_factory.mktemp("set"), num=3)


@pytest.fixture(scope="module")
def server(folder, tmp_path_factory):
    temporary = tmp_path_factory.mktemp("temporary")
    with serving("--annotate", str(folder), "--encoder", "tiny-text",
                 temporary=temporary) as server:  # fmt: skip
        yield server
    assert list(temporary.glob("xemogpt-ui-*")) == [], "temporary files were left behind"


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="module")
def browser(chromium):
    browser = chromium.launch(**OPTIONS)
    yield browser
    browser.close()


@pytest.fixture
def page(browser):
    """A page of somebody who was never here before."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)  # machines may be busy
    yield context.new_page()
    context.close()


def annotate(page, address, who):
    page.goto(f"{address}/annotate/static/annotate.html")
    page.wait_for_function("document.querySelector('#who').options.length > 1")
    if page.locator("#who").input_value() != who:
        page.locator("#who").select_option(who)
    page.wait_for_function("document.querySelector('#saved').textContent == 'All saved'")


def saved(page):
    page.wait_for_function("document.querySelector('#saved').textContent == 'All saved'")


def go_to(page, index):
    saved(page)
    with page.expect_response(f"**/clips/{index}"):
        page.select_option("#clips", str(index))
    saved(page)


def words(page):
    return [box.input_value() for box in page.locator(".words").all()]


@pytest.mark.weights
def test_a_newcomer_tries_the_sample_and_checks_a_cue(server, page):
    asked, failures = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto(server.address)
    page.get_by_text("try a sample").first.click()
    page.wait_for_selector("iframe.report", timeout=60_000)
    frame = page.frame_locator("iframe.report")
    frame.locator("body").wait_for()
    assert "Expressed:" in page.inner_text(".finding")
    assert "tilts the head" in frame.locator("body").inner_text()
    frame.get_by_text("nods once").first.click()
    now = frame.locator("video").evaluate("video => video.currentTime")
    assert now == pytest.approx(2.0, abs=0.3), "the clip did not jump to the cue"
    sandbox = page.locator("iframe.report").get_attribute("sandbox")
    assert sandbox == "allow-scripts allow-downloads"
    frame.locator(".mark[aria-label='wrong: nods once']").first.click()
    with page.expect_download() as download:
        frame.get_by_text("Save what you marked").click()
    marked = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert [cue["text"] for cue in marked["wrong"]] == ["nods once"]
    with page.expect_download() as download:
        page.get_by_text("Download JSON").first.click()
    explanation = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert explanation["media"] == "carphone.mp4"
    assert any(cue["start_s"] is not None for cue in explanation["cues"]["visual"])
    elsewhere = [url for url in asked if not url.startswith((server.address, "data:", "blob:"))]
    assert elsewhere == []
    assert failures == []


def test_a_bad_upload_is_explained_in_words(server, page, tmp_path):
    (tmp_path / "clip.mp4").write_bytes(b"")
    page.goto(server.address)
    page.locator("#clip input[type=file]").set_input_files(tmp_path / "clip.mp4")
    page.wait_for_selector("#clip video", state="attached")
    page.locator("#clip").get_by_label("Clear").first.wait_for()
    assert not page.get_by_label("Trim video").is_visible(), (
        "it would fetch an editor from elsewhere"
    )
    page.click("#explain")
    alert = page.wait_for_selector(".finding .bad")
    assert "clip.mp4" in alert.inner_text()
    assert "/uploads/" not in alert.inner_text()


def test_a_reload_and_a_killed_server_lose_nothing(server, page):
    annotate(page, server.address, "ada")
    page.click(".sheet.visual .add")
    page.fill(".sheet.visual .words", "she smiles")
    page.evaluate("document.querySelector('video').currentTime = 0.25")
    page.click(".sheet.visual .start_s")
    page.evaluate("document.querySelector('video').currentTime = 0.75")
    page.press(".sheet.visual .words", "Alt+Digit2")  # without a mouse
    page.click(".sheet.auditory .add")
    page.fill(".sheet.auditory .words", "half a th")
    saved(page)
    page.reload()
    saved(page)
    assert words(page) == ["she smiles", "half a th"]
    times = [
        box.input_value() for box in page.locator(".sheet.visual .times input[type=number]").all()
    ]
    assert [float(time) for time in times] == [0.25, 0.75]

    server.stop(signal.SIGKILL)
    page.fill(".sheet.auditory .words", "half a thought, written while the server was down")
    page.wait_for_function("document.querySelector('#saved').textContent.startsWith('NOT SAVED')")
    server.start()
    saved(page)  # by itself, without a reload
    page.reload()
    saved(page)
    assert words(page)[1] == "half a thought, written while the server was down"


def test_a_killed_browser_loses_nothing_that_was_not_yet_sent(server, chromium, tmp_path):
    person = chromium.launch_persistent_context(str(tmp_path), **OPTIONS)
    page = person.pages[0]
    annotate(page, server.address, "ada")
    go_to(page, 1)
    page.route("**/clips/1", lambda route: route.abort())  # the network is gone
    page.click(".sheet.emotional .add")
    page.fill(".sheet.emotional .words", "sounds amused")
    page.wait_for_function("document.querySelector('#saved').className == 'bad'")
    person.close()
    person = chromium.launch_persistent_context(str(tmp_path), **OPTIONS)
    page = person.pages[0]
    annotate(page, server.address, "ada")
    assert page.locator("#clips").input_value() == "1"
    assert words(page) == ["sounds amused"]
    saved(page)
    person.close()


def test_two_windows_of_one_person_do_not_overwrite_each_other(server, page):
    annotate(page, server.address, "ada")
    go_to(page, 2)
    other = page.context.new_page()
    annotate(other, server.address, "ada")
    other.click(".sheet.visual .add")
    other.fill(".sheet.visual .words", "from the other window")
    saved(other)
    page.click(".sheet.visual .add")
    page.wait_for_selector("#notice >> text=changed in another window")
    page.get_by_role("button", name="What was saved there").click()
    saved(page)
    assert words(page) == ["from the other window"]


def test_the_second_annotator_is_blind_and_the_export_is_a_task(server, browser, folder):
    """Ada and Ben finish all clips; Ben's browser is never sent a word of Ada's."""
    heard = []
    for who, cue in (("ada", "only ada says so"), ("ben", "ben says otherwise")):
        page = browser.new_page()
        if who == "ben":
            page.on("response", lambda answer: heard.append(answer) if "/annotate/" in answer.url
                    and not answer.url.endswith("media") else None)  # fmt: skip
        annotate(page, server.address, who)
        for index in range(3):
            go_to(page, index)
            for _ in range(page.locator(".remove").count()):
                page.locator(".remove").first.click()
            assert who == "ada" or words(page) == []
            for sheet in page.locator(".sheet").all():
                if "visual" in sheet.get_attribute("class"):
                    sheet.locator(".add").click()
                    page.fill(".sheet.visual .words", cue)
                else:
                    sheet.locator("input[type=checkbox]").check()
            page.wait_for_function(
                "document.querySelector('#count').textContent.endsWith('this one is done')"
            )
        saved(page)
    assert heard
    assert not any("only ada says so" in answer.text() for answer in heard)
    page.click("#coordinate summary")
    page.wait_for_selector("#progress tbody tr")
    assert "ada\t3\t0\t0" in page.inner_text("#progress")
    page.click("#agree")
    page.wait_for_selector("#outcome table")
    assert "Krippendorff's alpha" in page.inner_text("#outcome")
    page.select_option("#keep", "all")
    page.click("#export")
    page.wait_for_selector("#outcome code")
    task = load_task(f"expert:{folder / 'expert'}")
    assert len(task.records) == 3
    for record in task.records:
        assert {cue.text for cue in record.cues.visual} == {
            "only ada says so",
            "ben says otherwise",
        }


def test_the_page_fits_a_phone(server, page):
    page.set_viewport_size({"width": 360, "height": 740})
    annotate(page, server.address, "ben")
    for address in (None, server.address):
        if address:
            page.goto(address)
            page.wait_for_selector("#explain")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360
