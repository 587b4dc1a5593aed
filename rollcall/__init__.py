"""The entry point: command line, settings, wiring, embedded servers, logs and metrics.

The only room that knows all the others, and the only place that builds engines and clients.
"""
