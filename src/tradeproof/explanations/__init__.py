"""Explanations: what was knowable at a decision, texts about it, and whether each claim in them holds."""
