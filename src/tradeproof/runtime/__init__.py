"""What every stage needs from the machine: files, seeds, processes."""
