import { PathsSchema } from '../../api/contract.ts';
import { listPaths } from '../../graph/paths.ts';
import { edgesInput, hopsInput, limitInput, openView, resourceInput, viewInput } from '../input.ts';
import { describeView, findNamed, rangeOf } from '../refine.ts';
import { defineTool } from '../tool.ts';

const { src, dst, paths } = PathsSchema.properties;

/** `path`: how calls come from one resource to another. */
export const pathTool = defineTool({
  name: 'path',
  title: 'Ways between two resources',
  description:
    'Lists the ways that calls take from one resource to another, shortest first, with the calls per second of the weakest edge.',
  input: {
    src: resourceInput('Where the calls begin'),
    dst: resourceInput('Where they end'),
    hops: hopsInput(6),
    edges: edgesInput,
    ...viewInput,
    limit: limitInput(10, 100),
  },
  output: { src, dst, paths },
  async ask(question, { src: first, dst: last, hops = 6, edges = 'calls', limit = 10, ...time }) {
    const view = await openView(question, time);
    const [from, to] = [await findNamed(question, first), await findNamed(question, last)];
    const answer = await listPaths(question.db, view, { from, to, hops, edges, limit });
    const [shortest] = answer.paths;
    const back = shortest === undefined ? await listPaths(question.db, view, { from: to, to: from, hops, edges, limit: 1 }) : undefined;
    const described = await describeView(question, view, shortest === undefined);
    return {
      summary:
        shortest === undefined
          ? `No way of at most ${hops} edges leads from ${from.urn} to ${to.urn}, ${rangeOf(view)}.`
          : `${answer.paths.length}${answer.truncated ? ' or more' : ''} ways lead from ${from.urn} to ${to.urn}; the shortest has ${shortest.hops} edges, ${rangeOf(view)}.`,
      ...described,
      hint: back?.paths.length
        ? `There is a way back, from ${to.urn} to ${from.urn}: swap \`src\` and \`dst\`.`
        : (described.hint ??
          (shortest === undefined ? 'Ask for a longer time by `span_seconds`, or for declared edges too by `edges: all`.' : undefined)),
      truncated: answer.truncated,
      src: { urn: from.urn, kind: from.kind, name: from.name },
      dst: { urn: to.urn, kind: to.kind, name: to.name },
      paths: answer.paths.map((path) => ({ ...path, urns: [...path.urns] })),
    };
  },
});
