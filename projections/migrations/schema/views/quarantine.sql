CREATE OR REPLACE VIEW dashboard.quarantine AS
SELECT topic, part AS partition, off AS "offset", reason, first_seen FROM quarantine;

COMMENT ON VIEW dashboard.quarantine IS 'Records that are no events of the contract, one row each, without their content.';
COMMENT ON COLUMN dashboard.quarantine.reason IS 'The field and the rule; never a value.';
COMMENT ON COLUMN dashboard.quarantine.first_seen IS 'When it was read for the first time; a replay adds no row.';
