import type { Command } from 'commander';
import type { Bind } from '../invocation.ts';

/** `patterns explain`: shows how a log line becomes a pattern. */
export function addPatternsCommand(program: Command, bind: Bind): void {
  const patterns = program.command('patterns').description('Log patterns.');
  patterns
    .command('explain')
    .description('Show, step by step, how a log line becomes a pattern.')
    .argument('<line>', 'A log line as it was written.')
    .action(
      bind(async (invocation, line: string) => {
        const steps = await invocation.withWiring(await invocation.loadConfig(), {}, (wiring) => wiring.explainPattern(line));
        const rows = Object.entries(steps).flatMap(([step, result]) =>
          Array.isArray(result) ? result.map((part) => ({ step, result: toLine(part) })) : [{ step, result: toLine(result) }],
        );
        invocation.print(steps, ['step', 'result'], rows);
      }),
    );
}

/** `a: 1, b: 2` for an object, other values as they are. */
function toLine(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .map(([key, part]) => `${key}: ${part}`)
    .join(', ');
}
