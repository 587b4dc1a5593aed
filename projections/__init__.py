"""PostgreSQL: facts, what is derived from them, the queue of chats, views for dashboards.

The only medium between the loops. What comes in are facts with their origin; what goes out
are chats that are due, with all that their reconciliation needs. It knows neither Kafka nor
the messenger's HTTP.
"""
