"""The yardstick of derivation, and an independent check on it: one set-based SQL statement."""
