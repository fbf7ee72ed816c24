"""The Explain tab, and the frame in which the annotation page stands (Gradio)."""

import html
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gradio as gr

from xemogpt.errors import XEmoGPTError
from xemogpt.files import atomic_write
from xemogpt.inference import Examination, Request
from xemogpt.report import render_report
from xemogpt.ui.explaining import Studio

KEPT_S = (600, 3600)
"""How often uploads are looked through, and how old they may grow, in seconds."""
ALONE = "(no second model)"
SYSTEM_FONTS = ("system-ui", "sans-serif")
INTRO = """# Why does this person seem to feel that way?
Give a clip of somebody speaking. XEmoGPT says **what emotion is expressed**, names the **cues** it
saw and heard, and says **when**: press a cue, and the clip jumps there, so that you can check it.
"""
NOTE = (
    "Expressed, not felt: nobody can see what a person feels. Clips stay on this computer and are"
    " removed when the page is closed or an hour later."
)
CHECK = (
    "Press an underlined cue below: the clip jumps to where it is. Is it there? If not, mark it as"
    " wrong."
)
UNPLAYABLE = """Your browser cannot play {kind} files here. **Press Explain all the same**: the
report plays a copy that it can."""
PLAYABLE = frozenset((".mp4", ".m4v", ".mov", ".webm", ".mkv", ".ogv"))
"""Endings that browsers play; what else is uploaded is explained, but has no preview."""
CSS = """
.gradio-container { width: 100% !important; max-width: 1280px !important; margin: auto; }
iframe.report { width: 100%; height: 82vh; min-height: 480px; background: #fff;
  border: 1px solid var(--border-color-primary); border-radius: 8px; }
iframe.annotate { width: 100%; height: 92vh; border: 0; }
.finding { font-size: 1.1rem; line-height: 1.5; white-space: pre-wrap; }
.side .finding { min-height: 11.5rem; }
.finding .by { font-size: .85rem; opacity: .75; margin: 0 0 .3em; }
.finding .mood { font-size: 1.5rem; font-weight: 700; margin: 0 0 .3em; }
.finding .bad { color: var(--error-text-color, #b91c1c); }
#clip .wrap > .error { display: none; }
/* Gradio would fetch a video editor from elsewhere for these. */
#clip [aria-label^="Trim video"], #clip [aria-label^="Reset video"] { display: none; }
footer { display: none !important; }
"""


def build_page(
    studio: Studio, samples: Mapping[str, Path], downloads: Path
) -> tuple[gr.Blocks, dict[str, Any]]:
    """The page and how to mount it.

    Args:
        studio: explains clips.
        samples: name -> clip that visitors may try.
        downloads: folder for results to be downloaded; whoever made it removes it.
    """
    fonts = gr.themes.Default(font=SYSTEM_FONTS, font_mono=("ui-monospace", "monospace"))
    with gr.Blocks(title="XEmoGPT", analytics_enabled=False, delete_cache=KEPT_S) as page:
        with gr.Tab("Explain a clip"):
            gr.Markdown(INTRO)
            _explain_tab(studio, samples, downloads)
            gr.Markdown(NOTE)
        with gr.Tab("Annotate clips"):
            gr.HTML(
                '<iframe class="annotate" title="Annotation" src="/annotate/static/annotate.html">'
                "</iframe>",
                padding=False,
            )
    page.queue(max_size=16, default_concurrency_limit=1)
    return page, {"theme": fonts, "css": CSS}


def _explain_tab(studio: Studio, samples: Mapping[str, Path], downloads: Path) -> None:
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=300):
            gr.Markdown("**1. The clip**")
            video = gr.Video(
                label="Video: choose a file, or record with the webcam",
                sources=["upload", "webcam"],
                webcam_options=gr.WebcamOptions(mirror=False),
                include_audio=True,
                height=290,
                elem_id="clip",
            )
            hint = gr.Markdown(visible=False)
            video.change(_hint, video, hint, api_visibility="private", show_progress="hidden")
            with gr.Accordion("Sound only: a file, or the microphone", open=False):
                sound = gr.Audio(
                    label="Sound",
                    sources=["upload", "microphone"],
                    type="filepath",
                    editable=False,
                )
        with gr.Column(scale=2, min_width=300):
            gr.Markdown("**2. What is said** (optional: speech is recognised)")
            words = gr.Textbox(
                placeholder="I am fine, really.",
                lines=2,
                max_length=20_000,
                elem_id="words",
                show_label=False,
                label="What is said",
            )
            with gr.Accordion("Subtitle file, recognition, model", open=len(studio.models) > 1):
                model, second, subtitle, recognise = _options(studio)
            go = gr.Button("3. Explain", variant="primary", size="lg", elem_id="explain")
            buttons = [
                (gr.Button(f"or try a sample: {name}", variant="secondary"), path)
                for name, path in samples.items()
            ]
    with gr.Row(equal_height=False, elem_classes="side" if len(studio.models) > 1 else None):
        shown = [_result_column(visible) for visible in (True, False)]
    given = [video, sound, words, subtitle, recognise, model, second]
    outputs = [part for column in shown for part in column]

    def explain(*values: Any) -> Iterator[list[Any]]:
        yield from _explain(studio, downloads, _request(*values[:4]), *values[4:7])

    go.click(explain, given, outputs, api_visibility="private", concurrency_id="explain",
             scroll_to_output=True, show_progress="hidden")  # fmt: skip
    for button, path in buttons:

        def try_sample(recognised: bool, one: str, other: str, path: Path = path) -> Any:
            request = Request(path)
            yield from _explain(studio, downloads, request, recognised, one, other)

        button.click(try_sample, [recognise, model, second], outputs, api_visibility="private",
                     concurrency_id="explain", scroll_to_output=True,
                     show_progress="hidden")  # fmt: skip


def _hint(video: str | None) -> Any:
    """What to say of a file that the browser cannot show."""
    kind = Path(video).suffix.lower() if video else ".mp4"
    shown = html.escape(kind) or "such"
    return gr.update(value=UNPLAYABLE.format(kind=shown), visible=kind not in PLAYABLE)


def _options(studio: Studio) -> tuple[Any, ...]:
    """Model, second model, subtitle file, whether to recognise speech."""
    model = gr.Dropdown(
        list(studio.models),
        value=studio.models[0],
        label="Model",
        info="nano: a trained model; measured: words composed from detectors alone",
    )
    second = gr.Dropdown(
        [ALONE, *studio.models],
        value=ALONE,
        label="Compare with, side by side",
        visible=len(studio.models) > 1,
        elem_id="second",
    )
    subtitle = gr.File(label="Subtitle file", file_types=[".srt", ".vtt", ".txt"], height=110)
    recognise = gr.Checkbox(True, label="Recognise speech where no words are given")
    return model, second, subtitle, recognise


def _result_column(visible: bool) -> tuple[Any, ...]:
    """Column, headline and text, report, downloads."""
    with gr.Column(visible=visible, min_width=300) as column:
        finding = gr.HTML(elem_classes="finding", padding=False)
        report = gr.HTML(padding=False)
        with gr.Row():
            as_json = gr.DownloadButton("Download JSON", visible=False, size="sm")
            as_page = gr.DownloadButton("Download this page", visible=False, size="sm")
    return column, finding, report, as_json, as_page


def _request(
    video: str | None, sound: str | None, words: str | None, subtitle: str | None
) -> Request:
    text = (words or "").strip()
    said: str | Path | None = text or (Path(subtitle) if subtitle else None)
    if video and sound:
        return Request(video, said, sound)
    return Request(video or sound, said)


def _explain(
    studio: Studio, downloads: Path, request: Request, recognise: bool, first: str, second: str
) -> Iterator[list[Any]]:
    """Values of both result columns, again and again while words are written."""
    models = [first] if second in (ALONE, None) else [first, second]
    state = [_blank(number < len(models)) for number in range(2)]
    name = "(words)" if request.media is None else Path(request.media).name
    # Gradio copies what is offered for download; ours is gone when the last value was taken.
    with TemporaryDirectory(dir=downloads) as folder:
        for number, model in enumerate(models):
            try:
                for step in studio.explain(model, request, recognise=recognise, shown_name=name):
                    if step.result is None:
                        state[number][1] = _waiting(model, step.text, step.seconds)
                    else:
                        state[number][1:] = _finished(model, step.result, Path(folder, str(number)))
                    yield [*state[0], *state[1]]
            except XEmoGPTError as error:
                state[number][1] = _refused(model, _shortened(str(error), request))
                yield [*state[0], *state[1]]


def _refused(model: str, message: str) -> str:
    return (
        f'<p class="by">{html.escape(model)}</p>'
        f'<p class="bad" role="alert">{html.escape(message)}</p>'
    )


def _blank(visible: bool) -> list[Any]:
    no_file = gr.update(value=None, visible=False)
    return [gr.update(visible=visible), "", "", no_file, no_file]


def _waiting(model: str, text: str, seconds: float) -> str:
    doing = "Writing" if text else "Watching and listening"
    return (
        f'<p class="by" role="status">{html.escape(model)}: {doing}… {seconds:.0f} s</p>'
        f"<p>{html.escape(text)}</p>"
    )


def _finished(model: str, examination: Examination, folder: Path) -> list[Any]:
    """Headline, the interactive page, and files to download."""
    explanation = examination.explanation
    page = render_report(examination).encode("utf-8", "replace").decode()
    with atomic_write(folder / "explanation.json") as file:
        file.write(explanation.to_json(indent=1) + "\n")
    with atomic_write(folder / "explanation.html") as file:
        file.write(page)
    timed = any(cue.start_s is not None for _, cue in explanation.cues.items())
    mood = ", ".join(f"{e.label} ({e.score:.0%})" for e in explanation.emotions[:2])
    finding = (
        f'<p class="by">{html.escape(model)}</p>'
        f'<p class="mood">Expressed: {html.escape(mood or "no emotion that could be told")}</p>'
        f"<p>{CHECK if timed else html.escape(explanation.text)}</p>"
    )
    # The page runs scripts but has no origin: it can neither read ours nor call anyone. It may
    # hand over a file: the cues that were marked as wrong.
    frame = (
        '<iframe class="report" sandbox="allow-scripts allow-downloads" title="Interactive report"'
        f' srcdoc="{html.escape(page)}"></iframe>'
    )
    files = [
        gr.update(value=str(folder / name), visible=True)
        for name in ("explanation.json", "explanation.html")
    ]
    return [finding, frame, *files]


def _shortened(message: str, request: Request) -> str:
    """Without the folder that the server keeps uploads in."""
    for path in (request.media, request.audio, request.subtitle):
        if isinstance(path, Path) or (path and path is not request.subtitle):
            message = message.replace(str(path), Path(path).name)
    return message


def sample_names(clips: Sequence[Path]) -> dict[str, Path]:
    """Short names of clips."""
    return {clip.stem.replace("_", " "): clip for clip in clips}
