"""The trainable bridges that sit on frozen encoders."""
