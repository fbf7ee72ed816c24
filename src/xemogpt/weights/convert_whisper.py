"""CTranslate2 Whisper to transformers: ``python -m xemogpt.weights.convert_whisper SOURCE TARGET``.

CTranslate2 fuses the projections of attention into one matrix; they are taken apart again. The
numbers themselves are copied, so the result is exact: float16 in, float16 out.
"""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from xemogpt.errors import WeightsError
from xemogpt.weights.ct2_file import read_ct2

Tensors = dict[str, npt.NDArray[Any]]
_HEAD_DIM = 64  # every Whisper size


def to_transformers(weights: Tensors) -> Tensors:
    """The tensors of ``WhisperModel`` from those of CTranslate2's ``WhisperSpec``.

    Raises:
        WeightsError: if a tensor that Whisper has is not there.
    """
    out: Tensors = {}
    try:
        for name in ("conv1", "conv2"):
            _affine(weights, f"encoder/{name}", out, f"encoder.{name}")
        out["decoder.embed_tokens.weight"] = weights["decoder/embeddings/weight"]
        for tower in ("encoder", "decoder"):
            positions = weights[f"{tower}/position_encodings/encodings"]
            out[f"{tower}.embed_positions.weight"] = positions
            _norm(weights, f"{tower}/layer_norm", out, f"{tower}.layer_norm")
            for i in range(num_layers(weights, tower)):
                _layer(weights, f"{tower}/layer_{i}", out, f"{tower}.layers.{i}")
    except KeyError as error:
        raise WeightsError(f"the CTranslate2 file lacks tensor {error}") from error
    return out


def num_layers(weights: Tensors, tower: str) -> int:
    """How many transformer layers the ``encoder`` or ``decoder`` has."""
    names = {name.split("/")[1] for name in weights if name.startswith(f"{tower}/layer_")}
    return len(names - {"layer_norm"})


def _layer(weights: Tensors, source: str, out: Tensors, target: str) -> None:
    attention = f"{source}/self_attention"
    _split(weights, f"{attention}/linear_0", out, f"{target}.self_attn", "qkv")
    _affine(weights, f"{attention}/linear_1", out, f"{target}.self_attn.out_proj")
    _norm(weights, f"{attention}/layer_norm", out, f"{target}.self_attn_layer_norm")
    if source.startswith("decoder/"):
        attention = f"{source}/attention"
        _affine(weights, f"{attention}/linear_0", out, f"{target}.encoder_attn.q_proj")
        _split(weights, f"{attention}/linear_1", out, f"{target}.encoder_attn", "kv")
        _affine(weights, f"{attention}/linear_2", out, f"{target}.encoder_attn.out_proj")
        _norm(weights, f"{attention}/layer_norm", out, f"{target}.encoder_attn_layer_norm")
    _affine(weights, f"{source}/ffn/linear_0", out, f"{target}.fc1")
    _affine(weights, f"{source}/ffn/linear_1", out, f"{target}.fc2")
    _norm(weights, f"{source}/ffn/layer_norm", out, f"{target}.final_layer_norm")


def _affine(weights: Tensors, source: str, out: Tensors, target: str) -> None:
    out[f"{target}.weight"] = weights[f"{source}/weight"]
    out[f"{target}.bias"] = weights[f"{source}/bias"]


def _norm(weights: Tensors, source: str, out: Tensors, target: str) -> None:
    out[f"{target}.weight"] = weights[f"{source}/gamma"]
    out[f"{target}.bias"] = weights[f"{source}/beta"]


def _split(weights: Tensors, source: str, out: Tensors, target: str, parts: str) -> None:
    """Take a fused projection apart; Whisper's key projection has no bias of its own."""
    matrices = np.split(weights[f"{source}/weight"], len(parts))
    biases = np.split(weights[f"{source}/bias"], len(parts))
    for part, matrix, bias in zip(parts, matrices, biases, strict=True):
        out[f"{target}.{part}_proj.weight"] = matrix
        if part != "k":
            out[f"{target}.{part}_proj.bias"] = bias
        elif np.any(bias):
            raise WeightsError(f"{source} has a bias for the keys, which Whisper has not")


def convert(source: Path, target: Path) -> None:
    """Write model, generation settings, feature extractor and tokenizer.

    Args:
        source: CTranslate2 folder: ``model.bin``, ``config.json``, ``tokenizer.json``.
        target: existing folder for the transformers files.

    Raises:
        WeightsError: if a tensor is missing, left over or misshapen.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizerFast,
    )

    weights = to_transformers(read_ct2(source / "model.bin"))
    shutil.copyfile(source / "tokenizer.json", target / "tokenizer.json")
    tokenizer = WhisperTokenizerFast(tokenizer_file=str(target / "tokenizer.json"))
    tokenizer.pad_token = tokenizer.eos_token
    tokenizer.save_pretrained(target)
    settings = json.loads((source / "config.json").read_text(encoding="utf-8"))
    config = WhisperConfig(**architecture(weights), **_token_ids(tokenizer))
    with torch.device("meta"):
        model = WhisperForConditionalGeneration(config)
    state = {f"model.{name}": torch.tensor(value).half() for name, value in weights.items()}
    state["proj_out.weight"] = state["model.decoder.embed_tokens.weight"]
    try:
        model.load_state_dict(state, strict=True, assign=True)
    except RuntimeError as error:
        raise WeightsError(f"the converted tensors do not fit Whisper: {error}") from error
    model.tie_weights()
    model.generation_config = GenerationConfig(**generation_settings(settings, tokenizer))
    model.save_pretrained(target)
    WhisperFeatureExtractor(feature_size=config.num_mel_bins).save_pretrained(target)


def architecture(weights: Tensors) -> dict[str, int]:
    """Sizes for ``WhisperConfig``, read off the tensors."""
    d_model, num_mel_bins, _ = weights["encoder.conv1.weight"].shape
    depth = {
        tower: len({name.split(".")[2] for name in weights if name.startswith(f"{tower}.layers.")})
        for tower in ("encoder", "decoder")
    }
    return {
        "vocab_size": weights["decoder.embed_tokens.weight"].shape[0],
        "num_mel_bins": num_mel_bins,
        "d_model": d_model,
        "encoder_layers": depth["encoder"],
        "decoder_layers": depth["decoder"],
        "encoder_attention_heads": d_model // _HEAD_DIM,
        "decoder_attention_heads": d_model // _HEAD_DIM,
        "encoder_ffn_dim": weights["encoder.layers.0.fc1.weight"].shape[0],
        "decoder_ffn_dim": weights["decoder.layers.0.fc1.weight"].shape[0],
        "max_source_positions": weights["encoder.embed_positions.weight"].shape[0],
        "max_target_positions": weights["decoder.embed_positions.weight"].shape[0],
    }


def _token_ids(tokenizer: Any) -> dict[str, int]:
    end = tokenizer.convert_tokens_to_ids("<|endoftext|>")
    return {
        "bos_token_id": end,
        "eos_token_id": end,
        "pad_token_id": end,
        "decoder_start_token_id": tokenizer.convert_tokens_to_ids("<|startoftranscript|>"),
    }


def generation_settings(settings: dict[str, Any], tokenizer: Any) -> dict[str, Any]:
    """What ``generate`` needs to know of languages, tasks and time stamps.

    Args:
        settings: CTranslate2's ``config.json``.
        tokenizer: Whisper's tokenizer.
    """
    ids = tokenizer.convert_tokens_to_ids
    return {
        **_token_ids(tokenizer),
        "alignment_heads": settings["alignment_heads"],
        "suppress_tokens": settings["suppress_ids"],
        "begin_suppress_tokens": settings["suppress_ids_begin"],
        "is_multilingual": True,
        "lang_to_id": {tokenizer.convert_ids_to_tokens(i): i for i in settings["lang_ids"]},
        "task_to_id": {"transcribe": ids("<|transcribe|>"), "translate": ids("<|translate|>")},
        "prev_sot_token_id": ids("<|startofprev|>"),
        "no_timestamps_token_id": ids("<|notimestamps|>"),
        # The first time stamp may be at most 50 x 0.02 s, as in the original decoder.
        "max_initial_timestamp_index": 50,
        "return_timestamps": False,
        "max_length": 448,
    }


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
