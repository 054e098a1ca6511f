import { BlastRadiusSchema } from '../../api/contract.ts';
import { listBlastRadius } from '../../graph/blast-radius.ts';
import { hopsInput, limitInput, openView, resourceInput, viewInput } from '../input.ts';
import { describeView, findNamed, rangeOf } from '../refine.ts';
import { defineTool } from '../tool.ts';

const { resource, callers } = BlastRadiusSchema.properties;

/** `blast_radius`: who suffers when a resource fails. */
export const blastRadiusTool = defineTool({
  name: 'blast_radius',
  title: 'Who is affected by a failure',
  description:
    "Lists direct and indirect callers of a resource, those with most affected calls first: `affected_share` is the share (0 to 1) of a caller's calls that go to the resource or through it, `affected_rps` the same in calls per second. Shows what a failure or restart would touch, not whether other instances take over.",
  input: { resource: resourceInput('The resource that fails'), hops: hopsInput(6), ...viewInput, limit: limitInput(25, 500) },
  output: { resource, callers },
  async ask(question, { resource: reference, hops = 6, limit = 25, ...time }) {
    const view = await openView(question, time);
    const found = await findNamed(question, reference);
    const answer = await listBlastRadius(question.db, view, { resource: found, hops, limit });
    const [first] = answer.callers;
    const { urn, kind, name } = found;
    return {
      summary:
        first === undefined
          ? `Nothing called ${urn} ${rangeOf(view)}.`
          : `A failure of ${urn} affects ${answer.callers.length}${answer.truncated ? ' or more' : ''} callers; most of all ${first.urn} with ${first.affected_rps.toPrecision(3)} calls per second, ${rangeOf(view)}.`,
      ...(await describeView(question, view, first === undefined)),
      ...{ truncated: answer.truncated, resource: { urn, kind, name }, callers: [...answer.callers] },
    };
  },
});
