import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { type Command, Option } from 'commander';
import { ObserveBridgeError } from '../../core/error.ts';
import { findResource } from '../../graph/find-resource.ts';
import { addDirectory, readText } from '../../jobs/knowledge/add-directory.ts';
import { addDocument } from '../../jobs/knowledge/add-document.ts';
import { embedPassages } from '../../jobs/knowledge/embed-passages.ts';
import { searchKnowledge } from '../../jobs/knowledge/search-knowledge.ts';
import type { KnowledgeSettings } from '../../jobs/knowledge/settings.ts';
import { type DocumentFormat, documentFormats, formatOf } from '../../knowledge/read-document.ts';
import type { Db } from '../../store/db.ts';
import { upsertTenant } from '../../store/dimension.ts';
import { removeAbsent, removeDocument, toDocumentId } from '../../store/knowledge.ts';
import { listKnowledge } from '../../store/knowledge-list.ts';
import { hasTenant } from '../../store/schedule-list.ts';
import type { Progress } from '../../telemetry/progress.ts';
import type { Bind, Invocation } from '../invocation.ts';
import { toCount } from '../option-value.ts';
import { chooseOne, tenantOption } from '../tenant-option.ts';

interface AddOptions {
  readonly tenant: string;
  readonly uri?: string;
  readonly title?: string;
  readonly language?: string;
  readonly format?: DocumentFormat;
  readonly resource?: readonly string[];
}

interface Desk {
  readonly db: Db;
  readonly settings: KnowledgeSettings;
  readonly progress: Progress;
}

/** `knowledge`: keeps runbooks and other documents, and finds passages of them. */
export function addKnowledgeCommand(program: Command, bind: Bind): void {
  const knowledge = program.command('knowledge').helpCommand(false).description('Keep and search runbooks and other documents.');
  knowledge
    .command('add')
    .description(
      'Add a Markdown or HTML file, all of them below a directory, or standard input (-). A directory also loses what is gone from it.',
    )
    .argument('<path>', 'File, directory or -.')
    .addOption(tenantOption('Whose knowledge it is'))
    .option('--uri <uri>', 'Where the document is from, or the beginning of the URIs of a directory; its file: address if absent.')
    .option('--title <title>', 'Title of the document; its own if absent.')
    .option('--language <name>', 'Text search configuration of PostgreSQL, such as english; `knowledge.language` if absent.')
    .addOption(new Option('--format <format>', 'How the document is written; by the name of the file if absent.').choices(documentFormats))
    .option('--resource <reference...>', 'URN, name or alias of what it is about, besides what it mentions.')
    .action(bind(add));
  knowledge
    .command('search')
    .description('Find passages for a question, best first.')
    .argument('<question>', 'Words; "a phrase" must be there, -word must not.')
    .addOption(tenantOption('Whose knowledge'))
    .option('--resource <reference>', 'Only documents about this resource: URN, name or alias.')
    .option('--limit <count>', 'How many at most.', toCount(100), 5)
    .action(bind(search));
  knowledge
    .command('list')
    .description('List documents by URI.')
    .addOption(tenantOption('Whose documents'))
    .option('--limit <count>', 'How many at most.', toCount(10_000), 100)
    .action(
      bind(async (invocation, { tenant, limit }: { readonly tenant: string; readonly limit: number }) => {
        const rows = await withDesk(invocation, tenant, ({ db }) => listKnowledge(db, { tenantId: tenant, limit: limit + 1 }));
        const shown = rows.slice(0, limit);
        invocation.print(
          shown,
          ['uri', 'title', 'passages', 'vectors', 'language', 'updated_at'],
          shown.map((row) => ({ ...row })),
        );
        if (rows.length > limit) invocation.note(`There are more than ${limit}; --limit shows others.`);
      }),
    );
  knowledge
    .command('remove')
    .description('Remove a document, or all of an imported directory.')
    .argument('<uri>', 'URI of the document, or that of the directory, which ends with /.')
    .addOption(tenantOption('Whose knowledge it is'))
    .action(bind(remove));
  knowledge
    .command('embed')
    .description('Make the vectors that passages lack, such as after a change of the model.')
    .addOption(tenantOption('Whose passages'))
    .action(
      bind(async (invocation, { tenant }: { readonly tenant: string }) => {
        const vectors = await withDesk(invocation, tenant, (desk) => makeVectors(invocation, desk, tenant));
        if (vectors === undefined) throw usage('The configuration has no `knowledge.embeddings`.');
        invocation.print({ vectors }, ['vectors'], [{ vectors }]);
      }),
    );
}

async function add(invocation: Invocation, path: string, options: AddOptions): Promise<void> {
  const { tenant, title } = options;
  const directory = path === '-' ? undefined : await findDirectory(path);
  if (directory !== undefined && (title !== undefined || options.format !== undefined))
    throw usage('--title and --format are for one document.');
  await withDesk(invocation, tenant, async (desk) => {
    const { db, settings, progress } = desk;
    const common = { tenantId: tenant, language: options.language ?? settings.language, resources: options.resource };
    const report =
      directory === undefined
        ? await addDocument(db, { ...common, ...(await readOne(invocation, path, options)), title })
        : await addDirectory(db, {
            ...{ ...common, directory, root: toRoot(options.uri ?? pathToFileURL(directory).href), signal: invocation.deps.signal },
            onProgress: (done, of) => (done === 0 ? progress.start(of, 'documents') : progress.advance(1)),
          });
    progress.stop();
    const failed = 'failed' in report ? report.failed : [];
    for (const { message } of failed) invocation.note(message);
    if (failed.length > 0) invocation.fail();
    // What was added is told also when the vectors fail.
    const vectors = await makeVectors(invocation, desk, tenant).catch((error: unknown) => {
      if (!(error instanceof ObserveBridgeError) || !error.code.startsWith('OB_EMBEDDINGS_')) throw error;
      invocation.note(`${error.code}: ${error.message} ${error.remedy}`);
      invocation.fail();
      return undefined;
    });
    const row = { ...report, ...(vectors === undefined ? {} : { vectors }) };
    const columns =
      'root' in report ? ['root', 'documents', 'changed', 'removed', 'passages'] : ['uri', 'title', 'changed', 'passages', 'resources'];
    invocation.print(row, [...columns, ...(vectors === undefined ? [] : ['vectors'])], [row]);
  });
}

async function readOne(
  invocation: Invocation,
  path: string,
  { uri, format }: AddOptions,
): Promise<{ uri: string; format: DocumentFormat; text: string }> {
  if (path === '-') {
    if (uri === undefined) throw usage('A document from standard input needs --uri.');
    return { uri, format: format ?? formatOf(uri) ?? 'markdown', text: await readAll(invocation.deps.stdin) };
  }
  const known = format ?? formatOf(path);
  if (known === undefined) throw usage(`${path} is neither .md nor .html; --format says how it is written.`);
  const file = await realpath(path).catch(() => resolve(path));
  return { uri: uri ?? pathToFileURL(file).href, format: known, text: await readText(path, known) };
}

async function findDirectory(path: string): Promise<string | undefined> {
  const found = await stat(path).catch((error: unknown) => {
    throw new ObserveBridgeError('OB_DOCUMENT_UNREADABLE', 'read', `${path} does not exist or cannot be read.`, error);
  });
  return found.isDirectory() ? realpath(path) : undefined;
}

function toRoot(uri: string): string {
  return uri.endsWith('/') ? uri : `${uri}/`;
}

interface SearchOptions {
  readonly tenant: string;
  readonly resource?: string;
  readonly limit: number;
}

async function search(invocation: Invocation, question: string, { tenant, resource, limit }: SearchOptions): Promise<void> {
  const answer = await withDesk(invocation, tenant, async ({ db, settings }) => {
    const resourceId = resource === undefined ? undefined : (await findResource(db, tenant, resource)).id;
    return searchKnowledge(db, settings, { tenantId: tenant, question, resourceId, limit, signal: invocation.deps.signal });
  });
  const rows = answer.passages.map(({ headings, content, uri, score, resources }) => ({
    ...{ uri, score: Number(score.toPrecision(3)), headings: headings.join(' › ') },
    resources: resources.map(({ name }) => name).join(', '),
    text: content.length > 200 ? `${content.slice(0, 199)}…` : content,
  }));
  invocation.print(answer, ['score', 'uri', 'headings', 'resources', 'text'], rows);
  if (answer.vector_search === 'failed') invocation.note('The embeddings service failed; these passages were found by words alone.');
}

async function remove(invocation: Invocation, uri: string, { tenant }: { readonly tenant: string }): Promise<void> {
  const removed = await withDesk(invocation, tenant, async ({ db }) => {
    const own = (await removeDocument(db, tenant, toDocumentId(tenant, uri))) ? 1 : 0;
    return own + (await removeAbsent(db, tenant, uri, []));
  });
  if (removed === 0) throw new ObserveBridgeError('OB_DOCUMENT_UNKNOWN', 'usage', `The tenant ${tenant} has no document or import ${uri}.`);
  invocation.print({ uri, removed }, ['uri', 'removed'], [{ uri, removed }]);
}

async function makeVectors(invocation: Invocation, { db, settings, progress }: Desk, tenant: string): Promise<number | undefined> {
  if (!settings.embedder) return undefined;
  let started = false;
  let shown = 0;
  const vectors = await embedPassages(db, settings.embedder, tenant, {
    signal: invocation.deps.signal,
    onProgress(done, of) {
      if (!started) progress.start(of, 'vectors');
      progress.advance(done - shown);
      started = true;
      shown = done;
    },
  });
  progress.stop();
  return vectors;
}

async function withDesk<Result>(invocation: Invocation, tenant: string, use: (desk: Desk) => Promise<Result>): Promise<Result> {
  const loaded = await invocation.loadConfig();
  return invocation.withWiring(loaded, {}, async (wiring, progress) => {
    const db = await wiring.openDb();
    const configured = loaded.config.tenants.find(({ id }) => id === tenant);
    if (configured) await upsertTenant(db, tenant, configured.name);
    else if (!(await hasTenant(db, tenant))) throw chooseOne(`There is no tenant ${tenant}`, loaded.config.tenants);
    return use({ db, settings: wiring.knowledge(), progress });
  });
}

function usage(sentence: string): ObserveBridgeError {
  return new ObserveBridgeError('OB_USAGE', 'usage', sentence);
}
