"""A line on standard error that says how far long work is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function to be called with how many are done, and of how many.

    Nothing is shown where standard error is not a terminal.
    """
    from rich.console import Console

    with Console(stderr=True).status(title) as status:
        yield lambda done, total: status.update(f"{title}: {done} of {total}")
