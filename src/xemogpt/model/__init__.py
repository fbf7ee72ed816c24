"""The XEmoGPT model in the terms of transformers: config, processor, model.

Importing any module of this package makes the model known to ``AutoConfig``, ``AutoProcessor``,
``AutoModelForImageTextToText`` and ``AutoModelForCausalLM``.
"""

from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText
from transformers.models.auto.processing_auto import AutoProcessor

from xemogpt.model.configuration import XEmoGPTConfig
from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
from xemogpt.model.processing import XEmoGPTProcessor

__all__ = ["XEmoGPTConfig", "XEmoGPTForConditionalGeneration", "XEmoGPTProcessor"]

AutoConfig.register(XEmoGPTConfig.model_type, XEmoGPTConfig)
AutoProcessor.register(XEmoGPTConfig, XEmoGPTProcessor)
AutoModelForImageTextToText.register(XEmoGPTConfig, XEmoGPTForConditionalGeneration)
AutoModelForCausalLM.register(XEmoGPTConfig, XEmoGPTForConditionalGeneration)
