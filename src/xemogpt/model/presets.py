"""Named choices of parts."""

from xemogpt.errors import UnknownNameError
from xemogpt.model.assembly import EncoderSource, Parts
from xemogpt.model.configuration import LoraSection, PromptSection

# Face mesh, Whisper and SmolLM2, all from `xemogpt pull nano`. Expression coefficients and head
# pose say more than the mesh's points, and expression reads best from Whisper's middle layers
# (docs/results_training.md). Bridges get features standardised, with their deviations from the
# clip's mean: what moves is small beside what stands. What the backbone reads is kept short for the
# laptop: at most sixteen vectors of video, four a second of sound, a brief request. Dropout inside
# adapters would cost a sixth of a training step on a CPU.
_NANO_BRIDGE = {
    "form": "residual", "dim": 256, "num_heads": 4, "dropout": 0.2,
    "standardise": True, "deviations": True,
}  # fmt: skip
NANO = Parts(
    backbone="smollm2-135m",
    video=EncoderSource(name="facemesh", options={"parts": ["blendshapes", "pose"]}),
    audio=EncoderSource(name="whisper", options={"layers": [2, 3, 4, 5], "pool": 4}),
    video_bridge={**_NANO_BRIDGE, "max_frames": 64},
    audio_bridge=_NANO_BRIDGE,
    video_pool=4,
    audio_pool=3,
    prompt=PromptSection(style="brief"),
    lora=LoraSection(
        r=16,
        alpha=32,
        dropout=0.0,
        target_modules=(
            "q_proj",
            "k_proj",
            "v_proj",
            "o_proj",
            "gate_proj",
            "up_proj",
            "down_proj",
        ),
    ),
)
# As published: CLIP-L/14, Chinese HuBERT-large and Qwen3-4B, by their hub ids. Folders of one's own
# go into model.changes.
REFERENCE = Parts(
    backbone="Qwen/Qwen3-4B",
    video=EncoderSource(name="clip", source="openai/clip-vit-large-patch14"),
    audio=EncoderSource(name="hubert", source="TencentGameMate/chinese-hubert-large"),
    prompt=PromptSection(style="published", bos="pad"),
    lora=LoraSection(r=512, alpha=512),
    dtype="bfloat16",
)
PRESETS = {"nano": NANO, "reference": REFERENCE}


def preset(name: str) -> Parts:
    """The parts of a preset; pretrained ones, with bridges and adapters yet untrained.

    Raises:
        UnknownNameError: if there is none of this name.

    >>> preset("nano").backbone
    'smollm2-135m'
    """
    if name not in PRESETS:
        raise UnknownNameError(f"unknown preset {name!r}; expected one of: {', '.join(PRESETS)}")
    return PRESETS[name]
