"""The whole derivation in other people's incremental engines, beside ours.

Here are the jobs, what they are told, and how their results are read and compared. Each engine
runs in an environment of its own, by the versions in its requirements file.
"""
