import { Type } from 'typebox';
import { ChangeListSchema, ResourceRefSchema } from '../../api/contract.ts';
import { formatTime, MINUTE } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { type Change, changeKinds, listChanges } from '../../graph/changes.ts';
import { MOST_HOPS } from '../../graph/neighbours.ts';
import { findNearestRows } from '../../store/nearest-rows.ts';
import { limitInput, rangeInput, readCallRange, resourceInput, widen } from '../input.ts';
import { findNamed, hintAtRows } from '../refine.ts';
import { defineTool, type Question } from '../tool.ts';

/** `what_changed`: everything that was different in a range, near a resource. */
export const whatChangedTool = defineTool({
  name: 'what_changed',
  title: 'What changed',
  description:
    'Lists in order of time what changed in a range, also near one resource only: declared edges opened, closed or with other attributes (Terraform, Kubernetes, Ansible …), deployments and other events, new log patterns, and calls whose error rate or latency moved against the time right before. For "what changed before X slowed at T" give `resource` X, `to` T and `from` some minutes earlier.',
  input: {
    resource: Type.Optional(resourceInput('Only changes near this resource')),
    hops: Type.Optional(
      Type.Integer({ minimum: 0, maximum: MOST_HOPS, default: 1, description: 'Most edges between a change and `resource`; 1 if absent.' }),
    ),
    kind: Type.Optional(
      Type.Unsafe<(typeof changeKinds)[number]>({ type: 'string', enum: [...changeKinds], description: 'Only changes of this kind.' }),
    ),
    ...rangeInput('the newest half hour with calls'),
    limit: limitInput(50, 500),
  },
  output: {
    resource: Type.Union([ResourceRefSchema, Type.Null()]),
    from: Type.String({ format: 'date-time' }),
    to: Type.String({ format: 'date-time' }),
    changes: ChangeListSchema.properties.items,
  },
  async ask(question, { resource: reference, hops = 1, kind, limit = 50, ...bounds }) {
    const found = reference === undefined ? undefined : await findNamed(question, reference);
    const range = await readCallRange(question, bounds, 30 * MINUTE);
    const near = found && { resource: found, hops };
    const { items, nextOffset } = await listChanges(question.db, question.tenantId, { range, near, kind, offset: 0, limit });
    const counts = Map.groupBy(items, (change) => change.kind);
    const place = found ? ` within ${hops} ${hops === 1 ? 'hop' : 'hops'} of ${found.urn}` : '';
    const list = [...counts].map(([name, changes]) => `${changes.length} ${name}`).join(', ');
    return {
      summary: `From ${formatTime(range.from)} to ${formatTime(range.to)}${place}: ${list || 'no change'}${nextOffset === undefined ? '' : ' and more'}.`,
      hint: await findHint(question, range, items),
      truncated: nextOffset !== undefined,
      provenance: { tables: ['topo_edge_time', 'topo_edge_history', 'event_envelope', 'log_pattern', 'service_call_5m'] },
      resource: found ? { urn: found.urn, kind: found.kind, name: found.name } : null,
      ...{ from: formatTime(range.from), to: formatTime(range.to) },
      // The sentence ends with the template already.
      changes: items.map(({ details: { template: _, ...details }, ...change }) => ({ ...change, urns: [...change.urns], details })),
    };
  },
});

async function findHint(question: Question, range: Window, changes: readonly Change[]): Promise<string | undefined> {
  if (changes.length === 0) return (await hintAtRows(question, 'service_call_5m', range)) ?? 'Ask for a longer range or more `hops`.';
  if (!changes.some(({ kind }) => kind === 'pattern_new')) return undefined;
  const { before } = await findNearestRows(question.db, { tenantId: question.tenantId, table: 'log_pattern_5m', range: widen(range) });
  return before === null ? 'The tenant has no log lines before this range, so every pattern counts as new.' : undefined;
}
