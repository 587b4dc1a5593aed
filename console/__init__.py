"""What people and monitoring look at: pages in Russian, the JSON API, the metrics.

In come the answers of ``projections``; out go pages, JSON and gauges. It changes nothing and
speaks neither to Kafka nor to the messenger. The operators' pages have no log-in, so they
are served on the local address and show ids of people, never names.
"""
