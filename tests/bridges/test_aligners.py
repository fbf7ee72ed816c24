from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from xemogpt.bridges.aligners import (
    AlignerConfig,
    AudioTextAligner,
    VideoAlignerConfig,
    VideoTextAligner,
)
from xemogpt.bridges.audio import AudioBridge, AudioBridgeConfig
from xemogpt.bridges.objectives import (
    info_nce,
    masked_frame_loss,
    sample_hidden,
    sample_order,
    temporal_contrast,
)
from xemogpt.bridges.pooling import masked_mean
from xemogpt.bridges.video import VideoBridge, VideoBridgeConfig

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module")
def golden():
    arrays = dict(np.load(GOLDEN / "bridges.npz"))
    arrays["audio_values"] = np.load(GOLDEN / "encoders.npz")["hubert_layer_zeroed"]
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def published_video(pooling="attention"):
    bridge = VideoBridge(VideoBridgeConfig(input_dim=64, num_heads=4, ffn_dim=128))
    config = VideoAlignerConfig(
        text_dim=48, output_dim=96, pooling=pooling, shuffle="embedded", reconstruct="embedded"
    )
    aligner = VideoTextAligner(bridge, config).eval()
    weights = load_file(GOLDEN / "vte_clip_p14_56.safetensors")
    keys = aligner.published_keys()
    assert set(keys.values()) == set(weights)
    aligner.load_state_dict({ours: weights[name] for ours, name in keys.items()})
    return aligner


def everything(values):
    return torch.ones(values.shape[:2], dtype=torch.bool)


def close(found, expected):
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("pooling", "run"), [("attention", "eval_attn"), ("mean", "eval_mean")])
def test_video_pretraining_in_eval_gives_the_published_outputs(golden, pooling, run):
    values, order = golden["video_values"], golden["perm_eval"].expand(2, 16)
    aligner = published_video(pooling)
    nothing_hidden = torch.zeros(2, 16, dtype=torch.bool)
    text = golden["clip_text_features"]
    out = aligner(values, everything(values), text, order=order, hidden=nothing_hidden)
    close(out.video, golden[f"{run}_visual_emb"])
    close(out.text, golden[f"{run}_text_emb"])
    close(out.shuffled, golden[f"{run}_shuffled_emb"])
    close(out.hidden_states, golden[f"{run}_aligned_feats_masked"])
    close(out.reconstructed, golden[f"{run}_pred_recon"])
    close(out.target, golden[f"{run}_original_feats"])
    if pooling == "attention":
        logits = torch.cat([out.true_logits, out.shuffled_logits])
        close(logits, golden["temporal_disc_logits"].squeeze(-1))


def test_video_pretraining_in_training_gives_the_published_outputs(golden):
    values, order = golden["video_values"], golden["perm_train"].expand(2, 16)
    aligner, hidden = published_video(), golden["mask_expected"]
    text = golden["clip_text_features"]
    out = aligner(values, everything(values), text, order=order, hidden=hidden)
    close(out.video, golden["train_visual_emb"])
    close(out.shuffled, golden["train_shuffled_emb"])
    close(out.hidden_states, golden["train_aligned_feats_masked"])
    close(out.reconstructed, golden["train_pred_recon"])
    close(out.target, golden["train_original_feats"])


def test_the_published_seed_draws_the_published_masks(golden):
    torch.manual_seed(778)
    assert torch.equal(sample_hidden(torch.ones(2, 16, dtype=torch.bool)), golden["mask_expected"])


def test_audio_pretraining_gives_the_published_outputs(golden):
    bridge = AudioBridge(AudioBridgeConfig(input_dim=64, num_heads=4, ffn_dim=128))
    aligner = AudioTextAligner(bridge, AlignerConfig(text_dim=32, output_dim=96)).eval()
    weights = load_file(GOLDEN / "ate_hubert_layer.safetensors")
    keys = aligner.published_keys()
    assert set(keys.values()) == set(weights)
    aligner.load_state_dict({ours: weights[name] for ours, name in keys.items()})
    values, mask = golden["audio_values"], golden["audio_attention_mask"]
    out = aligner(values, mask, golden["labse_embeddings"])
    close(out.audio, golden["audio_at_audio"])
    close(out.audio, golden["audio_pooled_output"])
    close(out.text, golden["audio_at_text"])
    close(masked_mean(out.steps, mask), out.audio)
    alone = aligner(values[:1, :59], mask[:1, :59], golden["labse_embeddings"][:1])
    close(alone.audio, golden["audio_single1_pooled"])


def test_published_shuffling_changes_nothing_and_ours_does(golden):
    """With positions travelling along, a shuffled clip has the embedding of the true one."""
    values, order = golden["video_values"], golden["perm_eval"].expand(2, 16)
    aligner = published_video()
    out = aligner(values, everything(values), golden["clip_text_features"], order=order)
    torch.testing.assert_close(out.shuffled, out.video, atol=1e-4, rtol=0)
    ours = VideoTextAligner(aligner.bridge, VideoAlignerConfig(text_dim=48, output_dim=96))
    ours.load_state_dict(aligner.state_dict())
    out = ours(values, everything(values), golden["clip_text_features"], order=order)
    assert (out.shuffled - out.video).abs().max() > 1e-2


def build(form, **settings):
    torch.manual_seed(0)
    config = VideoBridgeConfig(
        input_dim=12, dim=16, num_heads=2, ffn_dim=32, form=form, max_frames=8, **settings
    )
    return VideoTextAligner(VideoBridge(config), VideoAlignerConfig(text_dim=10, output_dim=8))


def total_loss(aligner, values, mask, text, generator):
    hidden = sample_hidden(mask, generator=generator)
    order = sample_order(mask, generator=generator)
    out = aligner(values, mask, text, order=order, hidden=hidden)
    temporal = temporal_contrast(out.true_logits, out.shuffled_logits)
    frames = masked_frame_loss(out.reconstructed, out.target, hidden)
    return info_nce(out.video, out.text), temporal, frames


@pytest.mark.parametrize("form", ["reference", "residual"])
def test_all_three_tasks_can_be_learned_on_one_batch(form):
    aligner = build(form, gate_init=0.5)
    values, text = torch.randn(4, 8, 12), torch.randn(4, 10)
    mask = torch.arange(8) < torch.tensor([[8], [5], [8], [6]])
    values = values * mask[..., None]
    optimiser = torch.optim.Adam(aligner.parameters(), lr=5e-3)
    generator = torch.Generator().manual_seed(0)
    history = []
    for _ in range(300):
        losses = total_loss(aligner, values, mask, text, generator)
        optimiser.zero_grad()
        sum(losses).backward()
        optimiser.step()
        history.append([loss.item() for loss in losses])
    first, last = np.mean(history[:10], axis=0), np.mean(history[-30:], axis=0)
    assert last[0] < 0.05  # clips find their texts
    assert last[1] < 0.35  # true order is told from shuffled; 0.69 is chance
    assert last[2] < 0.75 * first[2]  # hidden frames are guessed better than at the start


def test_every_parameter_learns_and_the_frozen_inputs_get_no_gradient():
    aligner = build("residual")
    values, text = torch.randn(3, 8, 12), torch.randn(3, 10)
    generator = torch.Generator().manual_seed(0)
    sum(total_loss(aligner, values, everything(values), text, generator)).backward()
    silent = [n for n, p in aligner.named_parameters() if p.grad is None or not p.grad.any()]
    assert all(name.endswith("attention.key.bias") for name in silent)
    assert values.grad is None and text.grad is None


def test_a_batch_equals_its_members():
    aligner = build("reference").eval()
    values, text = torch.randn(2, 8, 12), torch.randn(2, 10)
    mask = torch.arange(8) < torch.tensor([[3], [8]])
    together = aligner(values, mask, text).video
    alone = aligner(values[:1, :3], mask[:1, :3], text[:1]).video
    torch.testing.assert_close(together[:1], alone, atol=1e-5, rtol=0)


def test_layers_to_mix_are_reconstructed_too():
    bridge = VideoBridge(VideoBridgeConfig(input_dim=6, num_heads=2, num_input_layers=3))
    aligner = VideoTextAligner(bridge, VideoAlignerConfig(text_dim=4, output_dim=5))
    values = torch.randn(2, 4, 3, 6)
    hidden = torch.tensor([[True, False, False, True]] * 2)
    out = aligner(values, everything(values), torch.randn(2, 4), hidden=hidden)
    assert out.reconstructed.shape == out.target.shape == (2, 4, 18)
