CREATE OR REPLACE VIEW dashboard.order_conflicts AS
SELECT o.order_id, d.fields AS differs,
       o.school_id, o.kind, o.pupil_id, o.class_id, o.effective_on,
       o.source, o.event_id, o.topic, o.part AS partition, o.off AS "offset",
       x.school_id AS other_school_id, x.kind AS other_kind, x.pupil_id AS other_pupil_id,
       x.class_id AS other_class_id, x.effective_on AS other_effective_on,
       h.source AS other_source, h.event_id AS other_event_id, h.topic AS other_topic,
       h.part AS other_partition, h.off AS other_offset,
       h.known_since AS other_known_since
  FROM fact_history h
  JOIN fact_orders o ON o.order_id = h.key
 CROSS JOIN LATERAL jsonb_to_record(h.body) AS x (
       kind text, order_number text, ordered_at timestamptz, school_id text, pupil_id text,
       class_id text, effective_on date)
 CROSS JOIN LATERAL (
       SELECT array_remove(ARRAY[
              CASE WHEN x.kind <> o.kind THEN 'kind' END,
              CASE WHEN x.order_number <> o.order_number THEN 'order_number' END,
              CASE WHEN x.ordered_at <> o.ordered_at THEN 'ordered_at' END,
              CASE WHEN x.school_id <> o.school_id THEN 'school_id' END,
              CASE WHEN x.pupil_id <> o.pupil_id THEN 'pupil_id' END,
              CASE WHEN x.class_id <> o.class_id THEN 'class_id' END,
              CASE WHEN x.effective_on <> o.effective_on THEN 'effective_on' END], NULL)
              AS fields) d
 WHERE h.kind = 'orders' AND cardinality(d.fields) > 0;

COMMENT ON VIEW dashboard.order_conflicts IS 'Orders that were told with two bodies under one id, one row for each body that does not count; as long as fact history is kept.';
COMMENT ON COLUMN dashboard.order_conflicts.differs IS 'The fields in which that body differs from the one that counts.';
COMMENT ON COLUMN dashboard.order_conflicts.kind IS 'enrolment or withdrawal; this and what follows is of the body that counts.';
COMMENT ON COLUMN dashboard.order_conflicts.other_kind IS 'This and what follows is of the body that does not count.';
