"""Agents: policies trained with PPO, their artifacts, what they decide and why."""
