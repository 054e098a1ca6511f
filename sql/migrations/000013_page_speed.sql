-- Old workers: survive; indexes only.
-- How often an edge came back is asked for every edge of a page; by the wide primary key that was a ninth of the answer's time.
create index on topo_edge_time (edge_id, upper(valid)) where not upper_inf(valid);
-- Whatever is asked about by its name, and every subject of an event, is looked up in any case.
create index on dim_resource (tenant_id, lower(name));
