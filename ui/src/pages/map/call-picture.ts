import type { CallList } from '../../../../src/api/contract.ts';
import { lookOf, type Picture } from '../../graph/picture.ts';
import { formatShort } from '../../text/format.ts';

/** All calls from one resource to another in the shown time. */
export type Call = CallList['items'][number];

/** The call with ends that are named by more than a number, as databases of Redis are. */
export function withNames(call: Call): Call {
  const toName = (urn: string, name: string): string => (/^\d*$/.test(name) ? urn.slice(urn.lastIndexOf(':') + 1) : name);
  return { ...call, src_name: toName(call.src_urn, call.src_name), dst_name: toName(call.dst_urn, call.dst_name) };
}

/** Share of failed calls, in the steps that the map has colours for. */
export const errorSteps = [
  { title: 'no errors', below: 0, colour: '--edge' },
  { title: 'under 1 % errors', below: 0.01, colour: '--edge-few' },
  { title: '1 to 5 % errors', below: 0.05, colour: '--warn' },
  { title: '5 % errors or more', below: Number.POSITIVE_INFINITY, colour: '--bad' },
] as const;

/** The position among `errorSteps`. */
export const toErrorStep = (errorShare: number): number =>
  errorSteps.findIndex(({ below }) => errorShare < below || (errorShare === 0 && below === 0));

/** Names an edge in pictures and addresses; white space is encoded in URNs. */
export const toCallId = ({ src_urn, dst_urn }: Pick<Call, 'src_urn' | 'dst_urn'>): string => `${src_urn} ${dst_urn}`;

/** Protocols of a call; none where no span told any. */
export const listProtocols = ({ protocols }: Call): string[] => protocols.filter((protocol) => protocol !== 'unknown');

/** Width of an arrow in pixels at a share of the greatest rate. */
export const toWidth = (share: number): number => 1 + 5 * Math.sqrt(share);

/** The widths that the legend explains: that of the most calls per second, and of a hundredth of it. */
export function toWidths(calls: readonly Call[]): { readonly title: string; readonly width: number }[] {
  const most = Math.max(0, ...calls.filter(({ src_urn, dst_urn }) => src_urn !== dst_urn).map(({ rps }) => rps));
  return most === 0 ? [] : [0.01, 1].map((share) => ({ title: `${formatShort(share * most)} calls/s`, width: toWidth(share) }));
}

/** The picture of calls: arrows as wide as their rate, in the colour of their errors; resources as large as what goes in and out. */
export function toPicture(calls: readonly Call[]): Picture {
  const resources = new Map<string, { name: string; kind: string; rps: number }>();
  const add = (urn: string, name: string, kind: string, rps: number): void => {
    resources.set(urn, { name, kind, rps: rps + (resources.get(urn)?.rps ?? 0) });
  };
  const between = calls.filter(({ src_urn, dst_urn }) => src_urn !== dst_urn);
  for (const call of between) {
    add(call.src_urn, call.src_name, call.src_kind, call.rps);
    add(call.dst_urn, call.dst_name, call.dst_kind, call.rps);
  }
  const most = Math.max(...[...resources.values()].map(({ rps }) => rps), 1e-9);
  const mostOfCall = Math.max(...between.map(({ rps }) => rps), 1e-9);
  return {
    nodes: [...resources].map(([id, { name, kind, rps }]) => {
      const { shape, colour } = lookOf(kind);
      return { id, label: name, shape, colour, size: 5 + 9 * Math.sqrt(rps / most) };
    }),
    edges: between.map((call) => {
      const step = toErrorStep(call.err_rate);
      const width = toWidth(call.rps / mostOfCall);
      return { id: toCallId(call), src: call.src_urn, dst: call.dst_urn, colour: errorSteps[step]?.colour ?? '--edge', width, order: step };
    }),
  };
}

/** What goes in and out of each resource. */
export interface Traffic {
  readonly name: string;
  readonly kind: string;
  readonly callers: number;
  readonly callees: number;
  readonly rpsIn: number;
  readonly errorsIn: number;
  readonly rpsOut: number;
}

/** Traffic of a resource; undefined when it neither calls nor is called. */
export function toTraffic(calls: readonly Call[], urn: string): Traffic | undefined {
  const inward = calls.filter(({ src_urn, dst_urn }) => dst_urn === urn && src_urn !== urn);
  const outward = calls.filter(({ src_urn, dst_urn }) => src_urn === urn && dst_urn !== urn);
  const sum = (list: readonly Call[], field: 'rps' | 'calls' | 'errors'): number => list.reduce((total, call) => total + call[field], 0);
  const [to, from] = [inward[0], outward[0]];
  if (to === undefined && from === undefined) return undefined;
  return {
    name: to?.dst_name ?? from?.src_name ?? urn,
    kind: to?.dst_kind ?? from?.src_kind ?? 'other',
    callers: inward.length,
    callees: outward.length,
    rpsIn: sum(inward, 'rps'),
    errorsIn: sum(inward, 'errors') / Math.max(1, sum(inward, 'calls')),
    rpsOut: sum(outward, 'rps'),
  };
}
