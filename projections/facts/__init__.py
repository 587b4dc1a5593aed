"""Records as facts: with their offsets in one transaction, or in quarantine."""
