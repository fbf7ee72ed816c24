"""Running steps over many clips: resumable state, a pool, Ray."""
