import type { Command } from 'commander';

/** One command line per command, by its words. */
const examples: Readonly<Record<string, string>> = {
  up: 'up --config observebridge.yaml',
  run: 'run oo-agg --tenant shop --from 2023-01-30T12:00:00Z --to 2023-01-30T13:00:00Z',
  'backfill create': 'backfill oo-agg --tenant shop --from 2023-01-30 --to 2023-01-31 --mode failed --dry-run',
  'backfill list': 'backfill list --tenant shop --status running',
  'backfill show': 'backfill show 3',
  'backfill pause': 'backfill pause 3',
  'backfill resume': 'backfill resume 3',
  'backfill cancel': 'backfill cancel 3',
  prune: 'prune --dry-run',
  'runs list': 'runs list --tenant shop --limit 20',
  'runs show': 'runs show 42 --output json',
  'runs retry': 'runs retry 42 43',
  'runs cancel': 'runs cancel 42',
  sql: 'sql --tenant shop "select max(bucket) from service_call_5m"',
  'patterns list': 'patterns list --new --surging --severity error',
  'patterns explain': 'patterns explain "ERROR order 4711 failed after 20 ms"',
  'graph neighbours': 'graph neighbours cart --direction in',
  'graph paths': 'graph paths gateway prices --hops 4',
  'graph blast-radius': 'graph blast-radius cart --span 1h',
  'graph moved': 'graph moved --at 2023-01-30T13:30:00Z --span 30m',
  'topo discover': 'topo discover ./infrastructure',
  'topo show': 'topo show --resource cart --at 2023-01-30T12:00:00Z',
  'topo diff': 'topo diff --from 2023-01-30T00:00:00Z',
  'topo drift': 'topo drift --output json',
  'knowledge add': 'knowledge add ./runbooks',
  'knowledge search': 'knowledge search "slow cart" --resource cart',
  'knowledge list': 'knowledge list',
  'knowledge remove': 'knowledge remove file:///srv/runbooks/cart.md',
  'knowledge embed': 'knowledge embed',
  mcp: 'mcp --config observebridge.yaml --tenant shop',
  'config show': 'config show --config observebridge.yaml --output json',
  'config schema': 'config schema > observebridge.schema.json',
  migrate: 'migrate',
  check: 'check --config observebridge.yaml',
  'tokens create': 'tokens create --name grafana --role viewer --tenant shop --expires 90d',
  'tokens list': 'tokens list',
  'tokens revoke': 'tokens revoke grafana',
};

/** Puts an example below the help of every command that has one here; a group of commands shows that of its first. */
export function addExamples(program: Command, words: readonly string[] = []): void {
  for (const command of program.commands) {
    const path = [...words, command.name()];
    const example = examples[[...path, ...command.commands.slice(0, 1).map((first) => first.name())].join(' ')];
    if (example !== undefined) command.addHelpText('after', `\nExample:\n  observebridge ${example}`);
    addExamples(command, path);
  }
}
