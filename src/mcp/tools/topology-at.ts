import { Type } from 'typebox';
import { TopologySchema } from '../../api/contract.ts';
import { type Relation, relations } from '../../core/observation.ts';
import { formatTime } from '../../core/time.ts';
import { listScopes } from '../../store/scope-list.ts';
import { listTopologyAt } from '../../store/topology-query.ts';
import { limitInput, readMoment, resourceInput } from '../input.ts';
import { findNamed } from '../refine.ts';
import { defineTool } from '../tool.ts';

/** `topology_at`: what documents declared at a time. */
export const topologyAtTool = defineTool({
  name: 'topology_at',
  title: 'Declared topology at a time',
  description:
    'Lists the edges that Terraform, Pulumi, Kubernetes, cloud APIs, Compose or Ansible declare at a time, with who says so since when, file and line. `as_believed_at` gives what was known then.',
  input: {
    resource: Type.Optional(resourceInput('Only edges from or to this resource')),
    at: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 40,
        description: 'When the edges were true, UTC, such as 2023-01-30T11:50:00Z; now if absent.',
      }),
    ),
    as_believed_at: Type.Optional(Type.String({ minLength: 1, maxLength: 40, description: 'When it was believed so; now if absent.' })),
    relation: Type.Optional(Type.Unsafe<Relation>({ type: 'string', enum: [...relations], description: 'Only this relation.' })),
    source: Type.Optional(Type.String({ minLength: 1, maxLength: 60, description: 'Only from this source, such as terraform.' })),
    limit: limitInput(50, 500),
  },
  output: {
    at: TopologySchema.properties.at,
    as_believed_at: TopologySchema.properties.as_believed_at,
    edges: TopologySchema.properties.items,
  },
  async ask(question, { resource: reference, at, as_believed_at, relation, source, limit = 50 }) {
    const { db, tenantId, now } = question;
    const time = at === undefined ? now : readMoment('at', at);
    const believedAt = as_believed_at === undefined ? undefined : readMoment('as_believed_at', as_believed_at);
    const found = reference === undefined ? undefined : await findNamed(question, reference);
    const page = await listTopologyAt(db, { tenantId, relation, source, resourceId: found?.id, limit, at: time, believedAt });
    return {
      summary: `${page.items.length}${page.nextCursor === undefined ? '' : ' or more'} edges ${found ? `of ${found.urn} ` : ''}are declared at ${formatTime(time)}.`,
      hint: page.items.length > 0 ? undefined : await hintAtScopes(question),
      truncated: page.nextCursor !== undefined,
      provenance: { tables: believedAt === undefined ? ['topo_edge_time'] : ['topo_edge_time', 'topo_edge_history'] },
      ...{ at: formatTime(time), as_believed_at: believedAt === undefined ? null : formatTime(believedAt) },
      edges: page.items.map((edge) => ({ ...edge, declared_by: edge.declared_by.map((claim) => ({ ...claim })) })),
    };
  },
});

async function hintAtScopes({ db, tenantId }: { db: Parameters<typeof listScopes>[0]; tenantId: string }): Promise<string> {
  const scopes = await listScopes(db, { tenantId, limit: 1000 });
  if (scopes.length === 0) return 'No topology document of this tenant has been read yet.';
  const observed = scopes.map(({ observed_at }) => observed_at).toSorted();
  return `Documents of ${scopes.length} scopes were observed, the newest of each from ${observed[0]} to ${observed.at(-1)}; ask for a time since then.`;
}
