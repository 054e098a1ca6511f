import { throwIfAborted } from '../../core/error.ts';
import type { Observation } from '../../core/observation.ts';
import { createDraft } from '../draft.ts';
import type { TopologyApi } from '../reader.ts';
import { createApiLists } from './api-lists.ts';
import { connectAws, describeAwsFailure } from './aws-clients.ts';
import { drawAwsEdges } from './aws-edges.ts';
import { drawRecorded } from './aws-recorded.ts';
import { readAwsRegion } from './aws-region.ts';
import { declareAwsResources } from './aws-resources.ts';
import type { AwsTopologyConfig, CloudDeps } from './config.ts';

/**
 * Reads an account of Amazon Web Services: one observation per region, in the order of the configuration, with the scope `<account>/<region>`. A
 * list that is refused makes its region partial. Where a region answers nothing at all, the others are read first and then it rejects with
 * `OB_TOPOLOGY_UNREADABLE`, naming service and region.
 */
export function createAwsApi(config: AwsTopologyConfig, deps: CloudDeps): TopologyApi {
  return { name: 'aws', read: (signal) => read(config, deps, signal) };
}

async function* read(config: AwsTopologyConfig, { now }: CloudDeps, signal: AbortSignal): AsyncGenerator<Observation> {
  let failure: Error | undefined;
  for (const name of config.regions) {
    throwIfAborted(signal);
    const observedAt = now();
    const lists = createApiLists('AWS', name, signal, describeAwsFailure);
    using clients = await connectAws(config, name);
    const region = await readAwsRegion(clients, name, lists, signal);
    const nothing = lists.failure();
    failure ??= nothing;
    if (nothing) continue;
    const draft = createDraft();
    const urns = declareAwsResources(draft, region);
    drawAwsEdges(draft, region, urns);
    drawRecorded(draft, region.recorded, urns);
    for (const problem of lists.problems) draft.problem(problem);
    yield draft.finish({ source: 'aws', scope: `${region.account ?? 'unknown'}/${name}`, observedAt });
  }
  if (failure) throw failure;
}
