import type { Command } from 'commander';
import type { Bind } from '../invocation.ts';

/** `mcp`: answers an agent that started this process, over its standard input and output. */
export function addMcpCommand(program: Command, bind: Bind): void {
  program
    .command('mcp')
    .description('Answer an agent by the Model Context Protocol on standard input and output; `up` does it over HTTP, at /mcp.')
    .option('--tenant <id>', 'Only answer about this tenant.')
    .action(
      bind(async (invocation, { tenant: tenantId }: { tenant?: string }) => {
        const { stdin: input, stdout: output } = invocation.deps;
        await invocation.withWiring(await invocation.loadConfig(), {}, (wiring) => wiring.serveMcp({ tenantId, input, output }));
      }),
    );
}
