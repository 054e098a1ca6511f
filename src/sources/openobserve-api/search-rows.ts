import type { ApiClient, Search } from './api-client.ts';

/** Runs a search whose few rows fit into memory and resolves to them; integers beyond 2^53 lose digits. Rejects as `ApiClient.search` does. */
export async function searchRows(
  client: ApiClient,
  search: Omit<Search, 'members'>,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>[]> {
  let lines: Buffer[] = [];
  const sink = {
    async begin() {
      lines = [];
    },
    async write(more: readonly Buffer[]) {
      lines.push(...more.map((line) => Buffer.from(line)));
    },
  };
  await client.search({ ...search, members: '"_":0' }, sink, signal);
  const text = Buffer.concat(lines).toString();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
