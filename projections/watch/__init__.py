"""What is looked at beside the loops: updates, the sweep, the clock, upkeep."""
