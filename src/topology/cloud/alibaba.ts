import { throwIfAborted } from '../../core/error.ts';
import { inParallel } from '../../core/in-parallel.ts';
import type { Observation } from '../../core/observation.ts';
import { createDraft } from '../draft.ts';
import { listOf, textOf } from '../fields.ts';
import type { TopologyApi } from '../reader.ts';
import { type CallResourceCenter, connectResourceCenter, ResourceCenterError } from './alibaba-client.ts';
import { type AlibabaResource, drawAlibaba, isInTopology, readConfiguration, toAlibabaResource } from './alibaba-resources.ts';
import { type ApiLists, createApiLists } from './api-lists.ts';
import type { AlibabaTopologyConfig, CloudDeps } from './config.ts';

/** How many configurations are asked for at once; an account may ask 20 times a second. */
const CONCURRENCY = 4;
const PAGE = '100';

/**
 * Reads one region of an account of Alibaba Cloud through its resource centre, as one observation with the scope `<account>/<region>`. Rejects
 * with `OB_TOPOLOGY_UNREADABLE` where not even the list of resources is answered; where configurations are not, the observation is partial.
 */
export function createAlibabaApi(config: AlibabaTopologyConfig, deps: CloudDeps): TopologyApi {
  return { name: 'alibaba', read: (signal) => read(config, deps, signal) };
}

async function* read(config: AlibabaTopologyConfig, { now }: CloudDeps, signal: AbortSignal): AsyncGenerator<Observation> {
  throwIfAborted(signal);
  const { region } = config;
  const observedAt = now();
  const lists = createApiLists('Alibaba Cloud', region, signal, (error) =>
    error instanceof ResourceCenterError ? error.message : 'no answer',
  );
  const call = connectResourceCenter(config);
  const found = await lists.list('resourcecenter:SearchResources', () => searchResources(call, region, signal));
  const failure = lists.failure();
  if (failure) throw failure;
  const resources = await readConfigurations(call, found.filter(isInTopology), lists, signal);
  const draft = createDraft();
  drawAlibaba(draft, resources);
  for (const problem of lists.problems) draft.problem(problem);
  const account = found.find((one) => one.account !== null)?.account ?? 'unknown';
  yield draft.finish({ source: 'alibaba', scope: `${account}/${region}`, observedAt });
}

async function searchResources(call: CallResourceCenter, region: string, signal: AbortSignal): Promise<AlibabaResource[]> {
  const filter = { 'Filter.1.Key': 'RegionId', 'Filter.1.MatchType': 'Equals', 'Filter.1.Value.1': region };
  const found: AlibabaResource[] = [];
  let token: string | undefined;
  do {
    const input = { ...filter, MaxResults: PAGE, ...(token === undefined ? {} : { NextToken: token }) };
    const page = await call('SearchResources', input, signal);
    found.push(...listOf(page, 'Resources').flatMap((one) => toAlibabaResource(one) ?? []));
    const next = textOf(page, 'NextToken') || undefined;
    if (next !== undefined && next === token) throw new Error('The list does not end.');
    token = next;
  } while (token !== undefined);
  return found;
}

/** The resources with what their configurations tell. */
async function readConfigurations(
  call: CallResourceCenter,
  resources: readonly AlibabaResource[],
  lists: ApiLists,
  signal: AbortSignal,
): Promise<readonly AlibabaResource[]> {
  const told = await lists.list('resourcecenter:GetResourceConfiguration', () =>
    inParallel(resources, CONCURRENCY, async ({ type, id, region }) => {
      const input = { ResourceType: type, ResourceId: id, ResourceRegionId: region };
      const answer = await call('GetResourceConfiguration', input, signal).catch((error: unknown) => {
        // What went since it was listed, and types without a configuration, tell nothing more.
        if (error instanceof ResourceCenterError && (error.status === 404 || /^(NotExists|NotSupport|Unsupported)/i.test(error.code)))
          return {};
        throw error;
      });
      return readConfiguration(answer);
    }),
  );
  return resources.map((resource, index) => ({ ...resource, told: told[index] ?? resource.told }));
}
