"""The queue of due chats, their leases, intents and observed members.

What the reconcile loop (``gateway.reconcile``) asks of a store, on PostgreSQL.
"""
