"""A MAX of our own: the Bot API, the partner contract, webhooks and faults, over real HTTP.

It exists so that the whole product can be run, tested and broken on purpose without an
account at the messenger. What comes in is HTTP as MAX takes it; nothing in here imports any
other part of the project, so it cannot agree with our client by accident.
"""
