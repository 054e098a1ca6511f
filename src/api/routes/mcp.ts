import type { Api, ApiDeps } from '../deps.ts';

/** The Model Context Protocol over streamable HTTP, for the same tokens as everything else. */
export function addMcpRoutes(server: Api, { answerMcp }: ApiDeps): void {
  if (answerMcp === undefined) return;
  server.post('/mcp', { config: { role: 'viewer' }, schema: { hide: true } }, async (request, reply) => {
    const { access = { name: 'local', role: 'viewer' }, body, signal } = request;
    const headers = Object.entries(request.headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []));
    const asked = new Request(new URL('/mcp', 'http://localhost'), { method: 'POST', headers: Object.fromEntries(headers) });
    const answer = await answerMcp(asked, { access, body, signal });
    return reply
      .code(answer.status)
      .headers(Object.fromEntries(answer.headers))
      .send(await answer.text());
  });
}
