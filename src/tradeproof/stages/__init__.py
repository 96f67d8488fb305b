"""One thin module per DVC stage: the only code that knows paths."""
