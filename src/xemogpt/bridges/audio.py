"""The audio bridge: makes frozen audio features sensitive to vocal cues."""

import torch  # noqa: F401  (the docstring example runs in this module's namespace)
from torch import Tensor, nn

from xemogpt.bridges.inputs import BridgeConfig, BridgeInput
from xemogpt.bridges.transformer import Transformer, published_layer_keys


class AudioBridgeConfig(BridgeConfig):
    """Settings of an audio bridge.

    >>> AudioBridgeConfig(input_dim=512, dim=384, num_heads=6).width
    384
    """


class AudioBridge(nn.Module):
    """Transformer layers on audio features (the paper's AECB).

    The reference form is N post-norm layers with GELU, as in HuBERT's own encoder. There are no
    positions to add: the encoders' features carry theirs.

    >>> bridge = AudioBridge(AudioBridgeConfig(input_dim=8, num_heads=2))
    >>> bridge(torch.zeros(1, 5, 8), torch.ones(1, 5, dtype=torch.bool)).shape
    torch.Size([1, 5, 8])
    """

    def __init__(self, config: AudioBridgeConfig) -> None:
        super().__init__()
        self.config = config
        self.output_dim = config.width
        self.input = BridgeInput(config)
        self.transformer = Transformer(config.layer_shape("post", "gelu"), config.num_layers)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """Bridge audio features.

        Args:
            values: (B, T, D_in), or (B, T, L, D_in) with several encoder layers.
            mask: bool (B, T), true for real steps.

        Returns:
            H_a (B, T, D), zero where padded.

        Raises:
            ValueError: if the width is wrong.
        """
        values = values.to(self.transformer.dtype)
        states: Tensor = self.transformer(self.input(values, mask), mask)
        return states

    def published_keys(self) -> dict[str, str]:
        """Our parameter -> its name in the published audio encoder's state dict."""
        return published_layer_keys(
            self.config.num_layers, "audio_alignment_layer", PUBLISHED_PARTS
        )


PUBLISHED_PARTS = {
    "attention.query": "attention.q_proj",
    "attention.key": "attention.k_proj",
    "attention.value": "attention.v_proj",
    "attention.output": "attention.out_proj",
    "attention_norm": "layer_norm",
    "feed_forward.up": "feed_forward.intermediate_dense",
    "feed_forward.down": "feed_forward.output_dense",
    "feed_forward_norm": "final_layer_norm",
}
