"""The test split: price models beside their yardsticks, traded through the one simulator, told in a report."""
