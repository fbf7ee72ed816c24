"""Decoding: frames with true times, 16 kHz sound, subtitles, and windows of long clips."""
