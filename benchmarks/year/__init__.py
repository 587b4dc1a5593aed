"""A year of an example region in minutes: every call of it judged, and every table."""
