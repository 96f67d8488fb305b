"""The market room: one simulator, the figures drawn from it, and the yardsticks beside it."""
