"""Environments: the simulator as a market that a policy observes and acts in, bar by bar."""
