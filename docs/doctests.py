"""For the documentation's builder: examples in docstrings are code, wherever they stand."""

from typing import Any

import griffe


class Doctests(griffe.Extension):
    """Puts fences around ``>>>`` examples, which are block quotes to Markdown."""

    def on_object(self, *, obj: Any, **kwargs: Any) -> None:
        """Change the docstring before it is parsed."""
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(text: str) -> str:
    """Fence each run of lines from one that begins with an example's mark to the next blank one."""
    lines: list[str] = []
    inside = False
    for line in [*text.splitlines(), ""]:
        if not inside and line.lstrip().startswith(">>>"):
            inside = True
            indent = line[: len(line) - len(line.lstrip())]
            lines.append(f"{indent}```pycon")
        elif inside and not line.strip():
            inside = False
            lines.append(f"{indent}```")
        lines.append(line)
    return "\n".join(lines[:-1])
