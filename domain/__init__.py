"""What Rollcall knows about schools and chats, as pure functions of facts and dates.

Standard library only: no clock, no randomness, no I/O. Time, ids and limits come in as
arguments, so every rule can be replayed, permuted and searched by tests.
"""
