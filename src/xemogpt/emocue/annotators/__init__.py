"""Annotators: who describes a clip and fuses descriptions into an explanation."""
