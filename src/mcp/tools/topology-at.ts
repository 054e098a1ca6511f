import { Type } from 'typebox';
import { TopologySchema } from '../../api/contract.ts';
import { type Relation, relations } from '../../core/observation.ts';
import { formatTime } from '../../core/time.ts';
import { type Declaration, listTopologyAt } from '../../store/topology-query.ts';
import { limitInput, readMoment, resourceInput } from '../input.ts';
import { findNamed, hintAtScopes } from '../refine.ts';
import { defineTool } from '../tool.ts';

const EdgeSchema = Type.Object({
  src_urn: Type.String(),
  relation: Type.String(),
  dst_urn: Type.String(),
  declared_by: Type.Array(
    Type.Object({
      source: Type.String({ description: 'Kind of the document, such as terraform.' }),
      since: Type.String({ format: 'date-time' }),
      until: Type.Optional(Type.String({ format: 'date-time' })),
      evidence: Type.String({ description: 'File and line, and what of it says so.' }),
      attrs: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'Such as port and protocol.' })),
    }),
  ),
});

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
    edges: Type.Array(EdgeSchema),
  },
  async ask(question, { resource: reference, at, as_believed_at, relation, source, limit = 50 }) {
    const { db, tenantId, now } = question;
    const time = at === undefined ? now : readMoment('at', at);
    const believedAt = as_believed_at === undefined ? undefined : readMoment('as_believed_at', as_believed_at);
    const found = reference === undefined ? undefined : await findNamed(question, reference);
    const page = await listTopologyAt(db, { tenantId, relation, source, resourceId: found?.id, limit, at: time, believedAt });
    return {
      summary: `${page.items.length}${page.nextCursor === undefined ? '' : ' or more'} edges ${found ? `of ${found.urn} ` : ''}are declared at ${formatTime(time)}.`,
      hint: page.items.length > 0 ? undefined : await hintAtScopes(question, time),
      truncated: page.nextCursor !== undefined,
      provenance: { tables: believedAt === undefined ? ['topo_edge_time'] : ['topo_edge_time', 'topo_edge_history'] },
      ...{ at: formatTime(time), as_believed_at: believedAt === undefined ? null : formatTime(believedAt) },
      edges: page.items.map(({ declared_by, ...edge }) => ({ ...edge, declared_by: declared_by.map(toClaim) })),
    };
  },
});

function toClaim({ source, scope, valid_from, valid_to, attrs, evidence }: Declaration) {
  const { file, line, rule, address } = evidence;
  const place = `${file ?? scope}${line === undefined ? '' : `:${line}`}`;
  const reason = [address, rule].filter((part) => part !== undefined).join(', ');
  return {
    ...{ source, since: valid_from, evidence: reason === '' ? place : `${place} (${reason})` },
    ...(valid_to === null ? {} : { until: valid_to }),
    ...(Object.keys(attrs).length === 0 ? {} : { attrs: { ...attrs } }),
  };
}
