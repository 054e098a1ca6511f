import type { DeclaredEdge, DeclaredResource, Observation } from '../src/core/observation.ts';
import { DAY } from '../src/core/time.ts';
import { toDeclared } from '../src/core/urn.ts';
import { migrate } from '../src/store/migrate.ts';
import { openDatabase } from '../src/store/open-database.ts';
import { applyObservation } from '../src/store/topology-apply.ts';
import { startServer } from './server.ts';

const EDGES = 100_000;
const RESOURCES = 25_000;
const NOW = 1_700_000_000_000_000;

/** An account of `RESOURCES` resources with four edges each; in version `v` one edge of a hundred is another than in the versions before. */
function observe(version: number): Observation {
  const resources: DeclaredResource[] = Array.from({ length: RESOURCES }, (_, index) =>
    toDeclared('aws', 'ec2', 'eu-west-1', `i-${String(index).padStart(17, '0')}`, 'host'),
  );
  const urn = (index: number): string => resources[index % RESOURCES]?.urn ?? '';
  const edges: DeclaredEdge[] = Array.from({ length: EDGES }, (_, index) => {
    const shift = index % 100 === 7 ? version * 1000 : 0;
    return {
      ...{ src: urn(index), dst: urn(index + 1 + Math.floor(index / RESOURCES) * 7 + shift), relation: 'DEPENDS_ON' },
      evidence: {
        file: 'state/production.tfstate',
        address: `module.app.aws_instance.node["${index % RESOURCES}"]`,
        rule: 'attribute subnet_id',
      },
    };
  });
  return {
    ...{
      source: 'terraform',
      scope: 'state/production.tfstate',
      observedAt: NOW + version * DAY,
      lineage: 'bench',
      serial: BigInt(version),
    },
    ...{ complete: true, resources, edges, problems: [] },
  };
}

/** How long it takes to compare and apply 100 000 edges on a server: for the first time, the same again, and with one percent changed. */
export async function benchTopologyApply(): Promise<string[]> {
  await using server = await startServer();
  await using db = await openDatabase(server.url);
  await migrate(db);
  const figures: string[] = [];
  for (const [name, version] of [
    ['first time', 1],
    ['the same again', 1],
    ['1 % changed', 2],
    ['1 % changed back', 3],
  ] as const) {
    const observation = observe(version);
    const started = performance.now();
    const { opened, closed } = await db.transaction((tx) =>
      applyObservation(tx, 'bench', observation, { recordedAt: NOW + version * DAY, closeLimit: 0.5 }),
    );
    figures.push(`${name} ${((performance.now() - started) / 1000).toFixed(2)} s (${opened} opened, ${closed} closed)`);
  }
  return [`topology: ${EDGES} edges of ${RESOURCES} resources, ${figures.join(', ')} (bar < 5 s)`];
}
