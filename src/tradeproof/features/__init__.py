"""Features knowable at the close of their bar, their contract, labels, and the detector of look-ahead."""
