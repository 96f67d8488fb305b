"""Train, prove and promote trading models."""
