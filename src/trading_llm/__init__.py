"""Training, generation and questions for the trading LLM, as its guide describes them."""
