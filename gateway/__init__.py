"""The messenger: ports, the MAX client, the shared rate limit and the reconcile loop.

What comes in is a chat's identity; what goes out is calls to MAX. The room declares the
protocols that it needs of the store and knows neither Kafka nor PostgreSQL.
"""
