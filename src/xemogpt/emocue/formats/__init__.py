"""Corpora in the formats of others: importers, exporters, cards."""
