"""From facts to what each chat should be, and what differs from what is stored: pure."""
