import { Command } from 'commander';
import { expect, it } from 'vitest';
import { fillTenant, tenantOption } from '../../src/cli/tenant-option.ts';
import type { LoadedConfig } from '../../src/config/load.ts';

const show = (...args: string[]): Command => {
  const command = new Command('show').addOption(tenantOption('Whose')).action(() => undefined);
  command.parse(args, { from: 'user' });
  return command;
};
const having = (...ids: string[]) => ({
  loadConfig: async () => ({ config: { tenants: ids.map((id) => ({ id })) } }) as unknown as LoadedConfig,
});

it('takes the only tenant of the configuration, and never overrides a named one', async () => {
  const [absent, named] = [show(), show('--tenant', 'other')];
  await fillTenant(absent, having('shop'));
  await fillTenant(named, having('shop'));
  expect([absent.opts().tenant, named.opts().tenant]).toEqual(['shop', 'other']);
});

it('names the tenants where there are several or none', async () => {
  await expect(fillTenant(show(), having('a', 'b'))).rejects.toMatchObject({
    code: 'OB_TENANT_UNKNOWN',
    message: expect.stringContaining('there are a, b.'),
  });
  await expect(fillTenant(show(), having())).rejects.toMatchObject({ message: expect.stringContaining('it has none.') });
  await expect(fillTenant(new Command('bare'), having('a', 'b'))).resolves.toBeUndefined();
});
