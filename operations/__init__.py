"""What a person can do with Rollcall and ask of it, one function each.

The command line, the console's pages and its JSON are three ways in to the same operations:
each parses what it was given, calls one of these, and shows the answer. An operation has its
transaction, writes its journal entry in it, and answers with frozen values. What it refuses is
an error of ``operations.errors``, without words of any one way in.
"""
