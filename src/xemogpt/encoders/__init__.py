"""Frozen encoders of frames, sound, faces and sentences, behind one protocol."""
