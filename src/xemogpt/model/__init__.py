"""The XEmoGPT model in the terms of transformers: config, processor, model."""
