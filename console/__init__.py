"""What people and monitoring look at: pages in Russian, the JSON API, the metrics.

In come people who are signed in (``console.entrance``) and the answers of ``projections``; out
go pages, JSON and gauges. It speaks neither to Kafka nor to the messenger. The operators' pages
show ids of people, never names; staff pages show the names that their reader may see.
"""
