"""The web page: explain a clip, compare models, annotate."""
