"""The steps of a build, named in one place."""

from xemogpt.emocue.steps.base import StepFunction


def clip_steps() -> dict[str, StepFunction]:
    """Steps of one clip, by name, in order."""
    from xemogpt.emocue.steps.describe import describe_audio, describe_visual
    from xemogpt.emocue.steps.fuse import fuse
    from xemogpt.emocue.steps.measure import measure
    from xemogpt.emocue.steps.probe import probe
    from xemogpt.emocue.steps.quality import judge_quality
    from xemogpt.emocue.steps.verify import verify

    return {
        "probe": probe,
        "measure": measure,
        "describe-visual": describe_visual,
        "describe-audio": describe_audio,
        "fuse": fuse,
        "verify": verify,
        "quality": judge_quality,
    }
