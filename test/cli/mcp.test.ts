import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { ObserveBridgeError } from '../../src/core/error.ts';
import type { StdioRequest } from '../../src/mcp/stdio.ts';
import { callCli } from '../support/cli.ts';

it('hands the ends of the process and the tenant to the server, and prints nothing of its own', async () => {
  const asked: StdioRequest[] = [];
  const serveMcp = async (request: StdioRequest) => void asked.push(request);
  const stdin = new PassThrough();
  expect(await callCli(['mcp', '--tenant', 'shop'], { serveMcp }, {}, { stdin })).toMatchObject({ exitCode: 0, stdout: '' });
  expect(await callCli(['mcp'], { serveMcp }, {}, { stdin })).toMatchObject({ exitCode: 0 });
  expect(asked.map(({ input, tenantId }) => [input === stdin, tenantId])).toEqual([
    [true, 'shop'],
    [true, undefined],
  ]);
});

it('refuses a tenant that there is not', async () => {
  const serveMcp = () => Promise.reject(new ObserveBridgeError('OB_TENANT_UNKNOWN', 'usage', 'There is no tenant nobody.'));
  const { exitCode, stderr } = await callCli(['mcp', '--tenant', 'nobody'], { serveMcp });
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('There is no tenant nobody.')]);
});
