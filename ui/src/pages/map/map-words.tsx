import { Link } from 'wouter';
import { useToPage } from '../../frame/address.ts';
import { Evidence } from '../../parts/evidence.tsx';
import { count, formatCount, formatMs, formatShare, formatShort } from '../../text/format.ts';
import { type Call, listProtocols, type Traffic } from './call-picture.ts';

/** A latency, or that none was measured. */
export const formatLatency = (ms: number | null): string => (ms === null ? 'not measured' : formatMs(ms));

/** All about the calls from one resource to another; with a tenant also links. */
export function CallWords({ call, tenant }: { readonly call: Call; readonly tenant?: string }) {
  const toPage = useToPage();
  const title = `${call.src_name} → ${call.dst_name}`;
  return (
    <>
      <p>
        <strong>{title}</strong>
      </p>
      <p>
        {formatShort(call.rps)} calls/s, {formatCount(call.calls)} in all
        {listProtocols(call).length > 0 && ` over ${listProtocols(call).join(', ')}`}
      </p>
      <p>
        errors {formatShare(call.err_rate)}
        {call.errors > 0 && ` (${formatCount(call.errors)})`}
      </p>
      <p>
        median {formatLatency(call.p50_ms)}, 95 % below {formatLatency(call.p95_ms)}
        {call.approximate && ' (about)'}
      </p>
      {tenant !== undefined && (
        <p className="map-links">
          <Link href={toPage('/resource', { urn: call.src_urn })}>{call.src_name}</Link>
          <Link href={toPage('/resource', { urn: call.dst_urn })}>{call.dst_name}</Link>
          <Evidence tenant={tenant} locatorId={call.locator_id} of={title} />
        </p>
      )}
    </>
  );
}

/** What goes in and out of a resource; with its URN also a link to its page. */
export function TrafficWords({ of: traffic, urn }: { readonly of: Traffic; readonly urn?: string | undefined }) {
  const toPage = useToPage();
  return (
    <>
      <p>
        <strong>{traffic.name}</strong> <span className="quiet">{traffic.kind}</span>
      </p>
      <p>
        in: {formatShort(traffic.rpsIn)} calls/s from {count(traffic.callers, 'caller')}
        {traffic.callers > 0 && `, ${formatShare(traffic.errorsIn)} errors`}
      </p>
      <p>
        out: {formatShort(traffic.rpsOut)} calls/s to {count(traffic.callees, 'callee')}
      </p>
      {urn !== undefined && (
        <p className="map-links">
          <Link href={toPage('/resource', { urn })}>All about {traffic.name}</Link>
          <Link href={toPage('/topology', { resource: urn })}>What declares it</Link>
        </p>
      )}
    </>
  );
}
