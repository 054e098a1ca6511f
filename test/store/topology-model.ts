import type { DeclaredEdge, Observation } from '../../src/core/observation.ts';
import { formatTime, type Micros } from '../../src/core/time.ts';
import { isOtherLineage, type PastObservation, placeInPast, timeOfNewest } from '../../src/core/topology-diff.ts';
import { toService } from '../../src/core/urn.ts';
import type { Db } from '../../src/store/db.ts';
import type { ApplyOptions } from '../../src/store/topology-apply.ts';

/** Moments of the model are µs after this. */
export const start: Micros = 1_700_000_000_000_000;
/** The last moment stands for all of the future. */
const MOMENTS = 80;

/** Edge `a→b` with a port. */
export function edge(name: string, port = 1, since?: number): DeclaredEdge {
  const [src = '', dst = ''] = name.split('→');
  return {
    ...{ src: toService(src).urn, dst: toService(dst).urn, relation: 'DEPENDS_ON' as const },
    ...{ attrs: { port }, evidence: { file: 'main.tf', rule: 'dependencies' } },
    ...(since === undefined ? {} : { since: start + since }),
  };
}

/** A complete observation of edges at a moment, without lineage. */
export function observe(at: number, edges: readonly DeclaredEdge[], changes: Partial<Observation> = {}): Observation {
  const urns = [...new Set(edges.flatMap(({ src, dst }) => [src, dst]))];
  return {
    ...{ source: 'terraform', scope: 'network', observedAt: start + at, lineage: null, serial: null, complete: true, problems: [] },
    ...{ resources: urns.map((urn) => ({ urn, kind: 'service' as const, name: urn.slice(8) })), edges },
    ...changes,
  };
}

/** What is believed: of every edge the ranges `from…to` with its port. */
export type Beliefs = Readonly<Record<string, readonly string[]>>;

/** Says moment by moment what is believed of each edge, by the plainest means. */
export class TopologyModel {
  #port = new Map<string, (number | undefined)[]>();
  #known: PastObservation[] = [];
  #held: number | undefined;
  #state: Omit<PastObservation, 'closes'> | undefined;

  apply(observation: Observation, { closeLimit, force = false }: Pick<ApplyOptions, 'closeLimit' | 'force'>): void {
    const at = timeOfNewest(observation, this.#state);
    const place = placeInPast(observation, this.#known);
    if (at !== undefined) this.#applyNewest(observation, at - start, closeLimit, force);
    else if (place) {
      const cut = observation.complete && place.next.closes && !isOtherLineage(observation, place.next);
      this.#applyPast(observation, [place.from - start, place.to - start], cut, force);
    }
  }

  /** The ranges of every edge, in order. */
  beliefs(): Beliefs {
    const all: Record<string, string[]> = {};
    for (const [name, ports] of [...this.#port].sort()) {
      const ranges = runs(ports).map(([from, to]) => `${from}…${to === MOMENTS ? '' : to} :${ports[from]}`);
      if (ranges.length > 0) all[name] = ranges;
    }
    return all;
  }

  #of(name: string): (number | undefined)[] {
    const ports = this.#port.get(name) ?? Array<number | undefined>(MOMENTS).fill(undefined);
    this.#port.set(name, ports);
    return ports;
  }

  #record(observation: Observation, observedAt: Micros, closes: boolean): void {
    const same = this.#known.find((each) => each.observedAt === observedAt);
    this.#known = this.#known.filter((each) => each !== same);
    this.#known.push({ observedAt, lineage: observation.lineage, serial: observation.serial, closes: closes || same?.closes === true });
  }

  #mayClose(observation: Observation, missing: number, open: number, closeLimit: number, force: boolean): boolean {
    if (!observation.complete) return false;
    if (force || missing === 0) return true;
    return observation.edges.length > 0 && !isOtherLineage(observation, this.#state) && missing <= closeLimit * open;
  }

  #applyNewest(observation: Observation, at: number, closeLimit: number, force: boolean): void {
    const shown = new Map(observation.edges.map((each) => [toName(each), each]));
    const open = [...this.#port].filter(([, ports]) => ports[MOMENTS - 1] !== undefined);
    const missing = open.filter(([name]) => !shown.has(name));
    const before = this.#held ?? open.length;
    const closes = this.#mayClose(observation, missing.length, before, closeLimit, force);
    if (observation.complete) this.#held = closes ? undefined : before;
    const closings = this.#known.filter((each) => each.closes && each.observedAt < start + at).map((each) => each.observedAt - start);
    const knownUntil = Math.max(-1, ...closings);
    if (closes) for (const [, ports] of missing) ports.fill(undefined, at);
    for (const [name, { attrs, since }] of shown) {
      const ports = this.#of(name);
      const declared = since === undefined ? at : since - start;
      const last = ports.findLastIndex((port) => port !== undefined) + 1;
      const from = declared > knownUntil && declared < at ? Math.max(declared, last) : at;
      if (ports[MOMENTS - 1] === undefined) ports.fill(0, from);
      const [range] = runs(ports).filter(([, to]) => to === MOMENTS);
      if (range) ports.fill(attrs?.port, ...range);
    }
    const accepted = observation.complete && (closes || missing.length === 0);
    const follows = observation.lineage !== null && (accepted || !isOtherLineage(observation, this.#state));
    const { lineage, serial } = !this.#state || follows ? observation : this.#state;
    this.#record(observation, start + at, closes);
    this.#state = { observedAt: start + at, lineage, serial };
  }

  #applyPast(observation: Observation, [from, to]: readonly [number, number], cut: boolean, force: boolean): void {
    const shown = new Map(observation.edges.map((each) => [toName(each), each]));
    const open = [...this.#port].filter(([, ports]) => ports[from] !== undefined);
    const missing = open.filter(([name]) => !shown.has(name));
    const closes = cut && this.#mayClose(observation, missing.length, open.length, 1, force);
    if (closes) for (const [, ports] of missing) ports.fill(undefined, from, to);
    for (const [name, { attrs }] of shown) {
      const ports = this.#of(name);
      const newer = ports[to];
      for (let at = from; at < to; at++) ports[at] ??= 0;
      const [range] = runs(ports).filter((run) => run[0] <= from && run[1] >= to);
      if (range) ports.fill(newer ?? attrs?.port, ...range);
    }
    this.#record(observation, start + from, closes);
  }
}

function toName({ src, dst }: DeclaredEdge): string {
  return `${src.slice(8)}→${dst.slice(8)}`;
}

/** Ranges of moments in which something is believed. */
function runs(ports: readonly (number | undefined)[]): [number, number][] {
  const found: [number, number][] = [];
  for (let from = 0; from < ports.length; from++) {
    if (ports[from] === undefined) continue;
    let to = from;
    while (to < ports.length && ports[to] !== undefined) to++;
    found.push([from, to]);
    from = to;
  }
  return found;
}

/** What the database believed at a time (now if absent) of a scope, in the words of the model. */
export async function readBeliefs(db: Db, tenantId: string, recordedAt?: Micros, scope = 'network'): Promise<Beliefs> {
  const rows = await db.query<{ name: string; from: bigint; to: bigint | null; port: number }>(
    `select s.name || '→' || d.name as name, (extract(epoch from lower(valid)) * 1000000)::bigint as from,
       (extract(epoch from upper(valid)) * 1000000)::bigint as to, (e.attrs ->> 'port')::int as port
     from (select tenant_id, scope, src_resource_id, dst_resource_id, valid, attrs from topo_edge_time where recorded_at <= $3
           union all select tenant_id, scope, src_resource_id, dst_resource_id, valid, attrs from topo_edge_history where recorded @> $3::timestamptz) e
     join dim_resource s on s.resource_id = e.src_resource_id join dim_resource d on d.resource_id = e.dst_resource_id
     where e.tenant_id = $1 and scope = $2 order by s.name, d.name, e.valid`,
    [tenantId, scope, recordedAt === undefined ? 'infinity' : formatTime(recordedAt)],
  );
  const all: Record<string, string[]> = {};
  for (const { name, from, to, port } of rows) {
    all[name] ??= [];
    all[name].push(`${Number(from) - start}…${to === null ? '' : Number(to) - start} :${port}`);
  }
  return all;
}
