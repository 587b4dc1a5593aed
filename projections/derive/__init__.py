"""Derive: from marked entities to expected memberships.

What comes in are marks that ingest, staff and the calendar set; what goes out are expected
members with reasons, history, and chats that are due. ``once`` is one round, ``loop`` runs
rounds, ``steps`` is the transaction that must be right, ``audit`` checks it from outside.
"""
