CREATE OR REPLACE VIEW dashboard.quarantine AS
SELECT topic, part AS partition, off AS "offset", reason, first_seen, cause, topic_id FROM quarantine;

COMMENT ON VIEW dashboard.quarantine IS 'Records that are no events of the contract, one row each, without their content.';
COMMENT ON COLUMN dashboard.quarantine.reason IS 'The field and the rule; never a value.';
COMMENT ON COLUMN dashboard.quarantine.cause IS 'contract: it is no event of the contract; ours or store: a failure of ours over it, to be read again by quarantine retry.';
COMMENT ON COLUMN dashboard.quarantine.topic_id IS 'Kafka''s id of the topic: of another one of the same name the same place is another record.';
COMMENT ON COLUMN dashboard.quarantine.first_seen IS 'When it was read for the first time; a replay adds no row.';
