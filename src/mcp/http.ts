import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { AnswerMcp } from '../api/deps.ts';
import { createMcpServer, type McpDeps } from './server.ts';

/**
 * Answers requests of the streamable HTTP transport. No session is kept, so any process behind one address can answer the next request; there is
 * no stream from the server to the client, because nothing is told that was not asked.
 */
export function createMcpEndpoint(deps: McpDeps): AnswerMcp {
  return async (request, { access, body, signal }) => {
    const server = createMcpServer(deps, access);
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    const close = (): void => {
      server.close().catch(() => undefined);
    };
    signal.addEventListener('abort', close, { once: true });
    try {
      await server.connect(transport);
      return await transport.handleRequest(request, { parsedBody: body });
    } finally {
      signal.removeEventListener('abort', close);
      close();
    }
  };
}
