"""Named choices of parts."""

from xemogpt.errors import UnknownNameError
from xemogpt.model.assembly import EncoderSource, Parts
from xemogpt.model.configuration import LoraSection, PromptSection

# Face mesh, Whisper and SmolLM2, all from `xemogpt pull nano`. Expression reads best from Whisper's
# middle layers (docs/architecture.md), so the audio bridge mixes those. What the backbone reads is
# kept short for the laptop: about three vectors a second of video, five of sound, a brief request.
# Dropout inside adapters would cost a sixth of a training step on a CPU.
NANO = Parts(
    backbone="smollm2-135m",
    video=EncoderSource(name="facemesh"),
    audio=EncoderSource(name="whisper", options={"layers": [2, 3, 4, 5]}),
    video_bridge={"form": "residual", "dim": 256, "num_heads": 4, "max_frames": 64},
    audio_bridge={"form": "residual", "num_heads": 8},
    video_pool=4,
    audio_pool=10,
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
