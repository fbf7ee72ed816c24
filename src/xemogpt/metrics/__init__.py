"""EmoCue-360 and its neighbours: scores of explanations; no model needed."""
