"""From one changed enrolment in Kafka to its effect in the messenger."""
