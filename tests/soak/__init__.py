"""The soak: real processes and real servers behind proxies that misbehave, for a long time.

Kills at labelled points of the engine, restarts of every server, restores of the database from
an older copy, and faults of the network between; at the end a verifier that shares no code with
the engine says what was lost. ``./run soak`` is its command, docs/soak.md its last result.
"""
