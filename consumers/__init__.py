"""Kafka in and out: records into facts, the watcher of the topics' ends, the outbox.

Comes in: records of the register's topics, trusted in nothing. Goes out: facts with their
origin, marks and offsets in one transaction of the store, and the events of the outbox. It
knows no SQL and no messenger.
"""
