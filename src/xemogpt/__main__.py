"""``python -m xemogpt``: the command, for launchers that start modules."""

from xemogpt.cli.app import main

if __name__ == "__main__":
    main()
