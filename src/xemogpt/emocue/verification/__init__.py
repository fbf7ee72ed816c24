"""Holding the statements of an explanation against what was measured and described."""
