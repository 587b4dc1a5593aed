"""The fold of the orders in other people's stream processors, on one topic, in one run.

Here are the parts that all of them share and that need nothing but Python: the orders, the fold
itself, and how a program tells the driver what it did. Each peer's program runs in an
environment of its own, by the versions in its requirements file.
"""
