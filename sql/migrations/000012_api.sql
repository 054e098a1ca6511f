-- Old workers: survive; indexes only.
-- What changed in a range: each asks for a few rows among all that there ever were.
create index on log_pattern (tenant_id, first_seen);
create index on topo_edge_time (tenant_id, lower(valid));
create index on topo_edge_history (tenant_id, upper(recorded));
-- The newest events of a tenant, page by page.
create index on event_envelope (tenant_id, time desc, event_id desc);
drop index event_envelope_tenant_id_time_idx;
