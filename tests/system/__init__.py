"""The whole thing: real Kafka, real PostgreSQL, `rollcall` as processes, and a verifier apart.

What is expected comes from the oracle of the wire contract alone, never from the engine.
"""
