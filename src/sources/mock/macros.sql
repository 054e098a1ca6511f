-- Pure functions that the rows of the mock world are made with.
create or replace macro mock_mix(seed_hash, salt) as hash(xor(seed_hash, salt::ubigint));
create or replace macro mock_draw(seed_hash, salt) as (mock_mix(seed_hash, salt) >> 11)::double / 9007199254740992.0;
create or replace macro mock_hex(number) as lower(lpad(hex(number), 16, '0'));
create or replace macro mock_trace_id(trace_hash) as mock_hex(trace_hash) || mock_hex(mock_mix(trace_hash, 1));
create or replace macro mock_span_id(trace_hash, span) as mock_hex(mock_mix(trace_hash, 1000000 + span));
-- The load of the day: 0.6 at midnight, 1.4 at noon. The second gives its integral from midnight, in seconds.
create or replace macro mock_load(micros) as 1 - 0.4 * cos((micros % 86400000000) / 86400e6 * 2 * pi());
create or replace macro mock_loaded_seconds(micros) as micros / 1e6 - 0.4 * 86400 / (2 * pi()) * sin((micros % 86400000000) / 86400e6 * 2 * pi());
create or replace macro mock_link(trace_hash, span) as
  '{"context":{"traceId":"' || mock_trace_id(trace_hash) || '","spanId":"' || mock_span_id(trace_hash, span) || '","traceFlags":1,"traceState":""}}';
