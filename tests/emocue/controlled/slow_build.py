"""A build whose clips take long; its workers' process ids are written beside the corpus."""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from tests.emocue.controlled.studio import open_studio, script, speak

from xemogpt.emocue.controlled.build import build_corpus
from xemogpt.emocue.controlled.make import Studio
from xemogpt.emocue.controlled.script import Script
from xemogpt.emocue.controlled.speech import Speech


def speak_slowly(script: Script) -> Speech:
    Path(os.environ["PIDS"], str(os.getpid())).touch()
    time.sleep(60)
    return speak(script)


def open_slow_studio() -> Studio:
    return replace(open_studio(), speak=speak_slowly)


if __name__ == "__main__":
    build_corpus([script(number) for number in range(4)], sys.argv[1], open_slow_studio, 2)
