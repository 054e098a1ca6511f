import { Type } from 'typebox';
import { NeighboursSchema } from '../../api/contract.ts';
import { withNumbers } from '../../api/question.ts';
import { directions, listNeighbours } from '../../graph/neighbours.ts';
import { edgesInput, hopsInput, limitInput, openView, resourceInput, viewInput } from '../input.ts';
import { describeView, findNamed, rangeOf } from '../refine.ts';
import { defineTool } from '../tool.ts';

const { resource, resources, edges } = NeighboursSchema.properties;

/** `neighbors`: who calls a resource and whom it calls, now or at a time. */
export const neighborsTool = defineTool({
  name: 'neighbors',
  title: 'Callers and callees',
  description:
    'Lists callers (`in`) and callees (`out`) of a resource within some hops at a time, with calls, calls per second, error share (0 to 1) and, as `worst_p95_ms`, the 95th percentile of latency in the worst five minutes, per edge; with `edges` also what documents declare. Most calls per second first.',
  input: {
    resource: resourceInput('The resource in the middle'),
    direction: Type.Optional(
      Type.Unsafe<(typeof directions)[number]>({
        type: 'string',
        enum: [...directions],
        default: 'both',
        description: '`in` follows callers, `out` callees.',
      }),
    ),
    hops: hopsInput(1),
    edges: edgesInput,
    ...viewInput,
    limit: limitInput(50, 500),
  },
  output: { resource, resources, edges },
  async ask(question, { resource: reference, direction = 'both', hops = 1, edges: kind = 'calls', limit = 50, ...time }) {
    const view = await openView(question, time);
    const found = await findNamed(question, reference);
    const answer = await listNeighbours(question.db, view, { resource: found, direction, hops, edges: kind, limit });
    const { urn, name } = found;
    return {
      summary: `${urn} has ${answer.resources.length} neighbours within ${hops} ${hops === 1 ? 'hop' : 'hops'} (${direction}), over ${answer.edges.length} edges, ${rangeOf(view)}.`,
      ...(await describeView(question, view, answer.resources.length === 0)),
      truncated: answer.truncated,
      ...{ resource: { urn, name, kind: found.kind }, resources: [...answer.resources], edges: answer.edges.map(withNumbers) },
    };
  },
});
