"""Steps of the dataset pipeline: each a pure function of a record."""
