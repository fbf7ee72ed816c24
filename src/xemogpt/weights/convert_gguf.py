"""GGUF to a transformers folder: ``python -m xemogpt.weights.convert_gguf SOURCE TARGET``.

Loading GGUF takes half a minute and holds everything twice; this is done once, in a process of
its own. The quantised blocks are expanded and stored as bfloat16.
"""

import os
import sys
from pathlib import Path
from typing import Any


def convert(source: Path, target: Path) -> None:
    """Write model, tokenizer and chat template of the one GGUF file in ``source``.

    Args:
        source: folder holding one ``*.gguf``.
        target: existing folder for ``model.safetensors``, configs and tokenizer.
    """
    # Everything needed is in the file: a hub must not even be asked.
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    import transformers
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    transformers.logging.disable_progress_bar()
    (file,) = source.glob("*.gguf")
    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=file.name)
    model = AutoModelForCausalLM.from_pretrained(
        source,
        gguf_file=file.name,
        dtype=torch.bfloat16,
        quantization_config=GgufConfig(dequantize=True),
    )
    # The weights are plain now; what says otherwise would be saved and mislead the next reader.
    if hasattr(model, "hf_quantizer"):
        del model.hf_quantizer
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.is_quantized = False
    model.config._name_or_path = ""
    model.save_pretrained(target)
    _complete_tokenizer(tokenizer, file, model.config.max_position_embeddings)
    tokenizer.save_pretrained(target)


def _complete_tokenizer(tokenizer: Any, file: Path, max_tokens: int) -> None:
    """Set what the GGUF reader of transformers leaves out of the tokenizer."""
    from gguf import GGUFReader
    from tokenizers import pre_tokenizers

    tokenizer.model_max_length = max_tokens
    for name in ("is_local", "local_files_only"):  # how it was loaded is not a property of it
        tokenizer.init_kwargs.pop(name, None)
    scheme = GGUFReader(file).fields["tokenizer.ggml.pre"].contents()
    if scheme == "smollm":
        # Each digit stands alone before the words are cut, as in the upstream tokenizer.
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False),
            ]
        )


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
