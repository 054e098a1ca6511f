import { type Command, Option } from 'commander';
import { ObserveBridgeError } from '../../core/error.ts';
import { parseDuration } from '../../core/time.ts';
import { createToken, listTokens, type Role, revokeToken, roles } from '../../store/api-token.ts';
import type { Bind } from '../invocation.ts';

interface CreateOptions {
  readonly name: string;
  readonly role: Role;
  readonly tenant?: readonly string[];
  readonly expires?: string;
}

/** `tokens`: makes, lists and revokes the bearer tokens of the HTTP interface. */
export function addTokensCommand(program: Command, bind: Bind): void {
  const tokens = program.command('tokens').description('Manage the tokens of the HTTP interface.');

  tokens
    .command('create')
    .description('Make a token and print it; it cannot be shown again.')
    .requiredOption('--name <name>', 'Name by which it is listed and revoked.')
    .addOption(
      new Option('--role <role>', 'viewer reads, operator also starts work, admin does everything.').choices(roles).makeOptionMandatory(),
    )
    .option('--tenant <id...>', 'Tenants it may see; all if absent.')
    .option('--expires <duration>', 'Length of time after which it is refused, such as 90d; never if absent.')
    .action(
      bind(async (invocation, options: CreateOptions) => {
        const validFor = options.expires === undefined ? undefined : parseDuration(options.expires);
        if (options.expires !== undefined && !validFor)
          throw new ObserveBridgeError('OB_USAGE', 'usage', `--expires ${options.expires} is not a length of time such as 90d.`);
        const { name, role, tenant } = options;
        const token = await invocation.withWiring(await invocation.loadConfig(), {}, async (wiring) =>
          createToken(await wiring.openDb(), { name, role, ...(tenant ? { tenants: tenant } : {}) }, validFor),
        );
        const row = { name, role, tenants: tenant ?? null, token };
        invocation.print(row, ['name', 'role', 'tenants', 'token'], [row]);
      }),
    );

  tokens
    .command('list')
    .description('List the tokens, without their text.')
    .action(
      bind(async (invocation) => {
        const rows = await invocation.withWiring(await invocation.loadConfig(), {}, async (wiring) => listTokens(await wiring.openDb()));
        invocation.print(
          rows,
          ['name', 'role', 'tenants', 'created_at', 'expires_at', 'last_used_at'],
          rows.map((row) => ({ ...row })),
        );
      }),
    );

  tokens
    .command('revoke')
    .description('Refuse a token from now on.')
    .argument('<name>', 'Name of the token.')
    .action(
      bind(async (invocation, name: string) => {
        await invocation.withWiring(await invocation.loadConfig(), {}, async (wiring) => revokeToken(await wiring.openDb(), name));
        invocation.print({ name, revoked: true }, ['name', 'revoked'], [{ name, revoked: true }]);
      }),
    );
}
