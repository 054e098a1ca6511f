import type { Readable, Writable } from 'node:stream';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CancelledNotificationSchema, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { createMcpServer, type McpDeps } from './server.ts';

/** The ends of a process that an agent started, and the only tenant that it may ask about; all tenants if absent. */
export interface StdioRequest {
  readonly input: Readable;
  readonly output: Writable;
  readonly tenantId?: string | undefined;
}

/** Answers an agent over the ends of this process until the input ends, every question before that included, or the signal fires. */
export async function serveStdio(deps: McpDeps, { input, output, tenantId }: StdioRequest, signal: AbortSignal): Promise<void> {
  const server = createMcpServer(deps, { name: 'stdio', ...(tenantId === undefined ? {} : { tenants: [tenantId] }) });
  const transport = new StdioServerTransport(input, output);
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  let isOver = false;
  const open = new Set<string | number>();
  const endWhenAnswered = (): void => {
    if (isOver && open.size === 0) end();
  };
  const send = transport.send.bind(transport);
  transport.send = async (message) => {
    await send(message);
    if (!('method' in message) && message.id !== undefined) open.delete(message.id);
    endWhenAnswered();
  };
  // The server keeps this and adds its own.
  transport.onmessage = (message: JSONRPCMessage) => {
    if ('method' in message && 'id' in message) open.add(message.id);
    // What was canceled is not answered.
    const { success, data } = CancelledNotificationSchema.safeParse(message);
    if (success && data.params.requestId !== undefined) open.delete(data.params.requestId);
  };
  input.once('end', () => {
    isOver = true;
    endWhenAnswered();
  });
  signal.addEventListener('abort', () => end(), { once: true });
  await server.connect(transport);
  if (!signal.aborted) await ended;
  await server.close();
}
