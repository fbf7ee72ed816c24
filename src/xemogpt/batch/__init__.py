"""Thousands of clips: resumable runs into one Parquet file, and statistics of it."""
