import numpy as np
import pytest

from xemogpt.training.augment import (
    AugmentSettings,
    add_noise,
    augment,
    change_formants,
    change_pitch,
    change_tempo,
    variant_rng,
)

TONE = (0.3 * np.sin(2 * np.pi * 220 * np.arange(32_000) / 16_000)).astype(np.float32)


def loudest_hz(waveform):
    sizes = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform))))
    return sizes.argmax() * 16_000 / len(waveform)


def test_each_change_changes_what_it_says():
    assert loudest_hz(change_pitch(TONE, 1.25)) == pytest.approx(275, abs=2)
    assert loudest_hz(change_tempo(TONE, 1.25)) == pytest.approx(220, abs=2)
    assert len(change_tempo(TONE, 1.25)) == 25_600 and len(change_pitch(TONE, 0.8)) == len(TONE)
    assert loudest_hz(change_formants(TONE, 1.1)) == pytest.approx(220, abs=2)


def test_noise_lies_as_far_below_as_asked():
    noise = add_noise(TONE, 20.0, np.random.default_rng(0)) - TONE
    assert 10 * np.log10(np.mean(TONE**2) / np.mean(noise**2)) == pytest.approx(20, abs=0.1)


def test_copies_follow_from_clip_seed_and_number():
    settings = AugmentSettings()
    one, same, other = (
        augment(TONE, settings, variant_rng(settings, "ab" * 32, number)) for number in (1, 1, 2)
    )
    assert np.array_equal(one, same) and one.shape != other.shape
    assert one.dtype == np.float32 and np.abs(one).max() <= 1
