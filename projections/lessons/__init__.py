"""Distance lessons' calls: what is due, what is known of each, and the journal of calls."""
