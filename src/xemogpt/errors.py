"""Errors that a user can cause. Anything else that is raised is a bug of ours.

Each message says what was given, what was expected and what to do next. Every leaf also
inherits the built-in exception that a caller would expect.
"""


class XEmoGPTError(Exception):
    """Root of all errors raised on purpose; the CLI turns one into a line and exit code 1."""


class ConfigError(XEmoGPTError, ValueError):
    """A setting is unknown, misspelt or out of range."""


class MediaError(XEmoGPTError, ValueError):
    """A media or subtitle file is missing, unreadable or holds nothing to look at."""


class DatasetError(XEmoGPTError, ValueError):
    """A record, prediction or annotation is malformed; the message names file, line and field."""


class CheckpointError(XEmoGPTError, RuntimeError):
    """A checkpoint has missing, unexpected or misshapen weights, or is unsafe to load."""


class WeightsError(XEmoGPTError, RuntimeError):
    """Pretrained files are absent or damaged; the message names the command that mends it."""


class ContextLengthError(XEmoGPTError, ValueError):
    """Prompt, features and answer are longer together than the model's context."""


class TrainingError(XEmoGPTError, RuntimeError):
    """Training cannot go on: the loss is not finite, or the device is out of memory."""


class AnnotatorError(XEmoGPTError, RuntimeError):
    """A language-model endpoint failed or answered something unusable."""


class OutputError(XEmoGPTError, OSError):
    """A result cannot be written: the place is read-only, full or already taken."""


class UnknownNameError(XEmoGPTError, LookupError):
    """A registry holds nothing under the name given; the message lists what it holds."""


class MissingDependencyError(XEmoGPTError, ImportError):
    """An optional package is needed; the message gives the exact pip command."""
