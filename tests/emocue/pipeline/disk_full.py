"""Run by the test of a full disk, in a mount namespace of its own: ``disk_full.py CLIPS OUT``."""

import json
import subprocess
import sys
from pathlib import Path

from tests.emocue.pipeline.cheap import PARTS, contents

from xemogpt.emocue.pipeline.build import build_emocue
from xemogpt.errors import OutputError

if __name__ == "__main__":
    clips, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", out], check=True)
    message = ""
    try:
        build_emocue(clips, out, workers=1, parts=PARTS)
    except OutputError as error:
        message = str(error)
    names = sorted(path.name for path in out.iterdir())
    subprocess.run(["mount", "-o", "remount,size=32m", out], check=True)
    summary = build_emocue(clips, out, workers=1, parts=PARTS)
    print(json.dumps({"message": message, "names": names, "kept": summary.num_earlier,
                      "contents": contents(out)}))  # fmt: skip
