"""The controlled corpus: rendered heads and edited speech whose cues are known by construction."""
