"""Training: cached features, bridge pretraining and fine-tuning, on transformers' Trainer."""
