"""Cues measured on the signal: face, voice and speech."""
