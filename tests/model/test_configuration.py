import pytest
from transformers import LlamaConfig

from xemogpt.errors import ConfigError
from xemogpt.model.configuration import XEmoGPTConfig
from xemogpt.model.tiny import build_tiny

VIDEO = {"video_encoder": {"name": "tiny-video"}, "video_bridge": {"input_dim": 32}}


def test_saved_and_loaded_is_the_same(tmp_path):
    config = build_tiny()[0].config
    config.save_pretrained(tmp_path)
    again = XEmoGPTConfig.from_pretrained(tmp_path)
    for modality in ("video", "audio"):
        assert again.encoder_section(modality) == config.encoder_section(modality)
        assert again.bridge_config(modality) == config.bridge_config(modality)
    assert again.lora_section() == config.lora_section()
    assert again.prompt_section() == config.prompt_section()
    assert again.text_config.to_dict() == config.text_config.to_dict()
    assert (again.video_token_id, again.context_limit) == (config.video_token_id, 2048)
    assert "xemogpt" in repr(config)


def test_limits_follow_from_parts():
    assert XEmoGPTConfig().max_frames == 0
    assert XEmoGPTConfig(**VIDEO).max_frames == 16
    text = LlamaConfig(max_position_embeddings=100)
    assert XEmoGPTConfig(text_config=text).context_limit == 100
    assert XEmoGPTConfig(text_config=text, max_context_tokens=50).context_limit == 50
    assert XEmoGPTConfig(text_config=text, max_context_tokens=500).context_limit == 100


def test_the_given_text_configuration_is_left_alone():
    text = LlamaConfig(attn_implementation="eager")
    XEmoGPTConfig(text_config=text)
    assert text._attn_implementation == "eager"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"video_encoder": {"name": "clip"}}, "both video_encoder and video_bridge"),
        ({"audio_bridge": {"input_dim": 32}}, "both audio_encoder and audio_bridge"),
        (
            {**VIDEO, "video_bridge": {"input_dim": 0}},
            r"video_bridge has 1 problem[\s\S]*input_dim",
        ),
        ({"lora": {"rank": 8}}, r"lora has 1 problem[\s\S]*rank"),
        ({"lora": {"r": 0}}, r"lora has 1 problem[\s\S]*\br\b"),
        ({"prompt": {"style": "poem"}}, "prompt has 1 problem"),
    ],
)
def test_wrong_sections_are_named(fields, message):
    with pytest.raises(ConfigError, match=message):
        XEmoGPTConfig(**fields)
