import type { Command } from 'commander';

/** One command line per command, by its words. */
const examples: Readonly<Record<string, string>> = {
  up: 'up --config observebridge.yaml',
  run: 'run oo-agg --tenant shop --from 2023-01-30T12:00:00Z --to 2023-01-30T13:00:00Z',
  prune: 'prune --dry-run',
  'runs list': 'runs list --tenant shop --limit 20',
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
  migrate: 'migrate',
  check: 'check --config observebridge.yaml',
};

/** Puts an example below the help of every command that has one here. */
export function addExamples(program: Command, words: readonly string[] = []): void {
  for (const command of program.commands) {
    const path = [...words, command.name()];
    const example = examples[path.join(' ')];
    if (example !== undefined) command.addHelpText('after', `\nExample:\n  observebridge ${example}`);
    addExamples(command, path);
  }
}
