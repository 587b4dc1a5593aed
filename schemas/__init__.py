"""The wire contract: what comes in over Kafka and what goes out, as pydantic models.

Comes in: bytes from anywhere, trusted in nothing. Goes out: models of exactly the types of
the contract, or a reason that names the field and the rule and never the value. Knows
nothing of the domain, of Kafka clients or of storage.
"""
