import { Type } from 'typebox';
import { ResourceListSchema } from '../../api/contract.ts';
import { listResources } from '../../store/resource-list.ts';
import { listSimilarResources } from '../../store/similar-resources.ts';
import { limitInput } from '../input.ts';
import { defineTool } from '../tool.ts';

/** `find_resource`: from any name to URNs. */
export const findResourceTool = defineTool({
  name: 'find_resource',
  title: 'Find a resource',
  description:
    'Finds services, hosts, databases, topics and cloud resources by part of a name, URN or alias (pod, IP address, ARN, DNS name). Whole names come first. Use the URN of the answer in the other tools.',
  input: {
    text: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'Part of a name, URN or alias, in any case; all resources if absent.' }),
    ),
    kind: Type.Optional(
      Type.String({ minLength: 1, maxLength: 60, description: 'Only of this kind, such as service, host, database or topic.' }),
    ),
    limit: limitInput(20, 200),
  },
  output: { resources: ResourceListSchema.properties.items },
  async ask({ db, tenantId }, { text, kind, limit = 20 }) {
    const rows = await listResources(db, { tenantId, text, kind, limit: limit + 1 });
    const resources = rows.slice(0, limit).map(({ rank: _, ...resource }) => resource);
    const similar = rows.length === 0 && text !== undefined ? await listSimilarResources(db, tenantId, text, 5) : [];
    const sought = text === undefined ? 'Resources of the tenant' : `Resources that contain ${text}`;
    return {
      summary: resources.length === 0 ? `${sought}: none.` : `${sought}: ${resources.length}${rows.length > limit ? ' and more' : ''}.`,
      hint: similar.length > 0 ? `Most like it are ${similar.join(', ')}.` : undefined,
      truncated: rows.length > limit,
      provenance: { tables: ['dim_resource', 'dim_resource_alias'] },
      resources,
    };
  },
});
