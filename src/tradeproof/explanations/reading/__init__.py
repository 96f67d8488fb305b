"""How a text is read into claims, and how each is judged by the facts."""
