import { rm, writeFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { MINUTE } from '../../src/core/time.ts';
import type { OpenObserveFilesConfig } from '../../src/sources/openobserve-files/config.ts';
import { startS3Proxy } from '../support/s3-proxy.ts';
import { addLine, BUCKET, countLogs, describeBucket, filesBelow, logsOf } from './bucket-scene.ts';
import { NOON } from './openobserve-world.ts';

const aborted = new AbortController().signal;

describeBucket('openobserve_files when a bucket fails', ({ inScene }) => {
  it('asks again for a body that breaks off, and gives up after some times', () =>
    inScene(async ({ world, session, sync, open, proxy, fetched, cache }) => {
      await addLine(world);
      await sync();
      let broken = 0;
      const breakOff = (times: number) =>
        proxy.intercept((asked, answer) => {
          if (!/\.parquet/.test(asked.url ?? '') || broken >= times) return false;
          broken++;
          answer.writeHead(200, { 'content-length': '1000' });
          answer.write('PAR1', () => answer.destroy());
          return true;
        });
      breakOff(Number.POSITIVE_INFINITY);
      await expect(countLogs(open(), session)).rejects.toMatchObject({ code: 'OB_SOURCE_UNAVAILABLE', retryable: true });
      expect(await filesBelow(cache)).toEqual([]);
      broken = 0;
      breakOff(2);
      expect(await countLogs(open(), session)).toBe(1);
      expect(fetched().length).toBeGreaterThanOrEqual(5);
      expect((await filesBelow(cache)).length).toBe(1);
    }));

  it('leaves nothing behind when it is canceled in the middle of an object', () =>
    inScene(async ({ world, session, sync, open, proxy, cache }) => {
      await addLine(world);
      await sync();
      const controller = new AbortController();
      proxy.intercept((asked, answer) => {
        if (!/\.parquet/.test(asked.url ?? '')) return false;
        answer.writeHead(200, { 'content-length': '1000' });
        answer.write('PAR1', () => controller.abort());
        return true;
      });
      const opening = open().open(logsOf({ from: NOON, to: NOON + MINUTE }), session, controller.signal);
      await expect(opening).rejects.toMatchObject({ code: 'OB_CANCELED' });
      expect(await filesBelow(cache)).toEqual([]);
      expect(await filesBelow(session.directory)).toEqual([]);
      proxy.intercept(undefined);
      expect(await countLogs(open(), session)).toBe(1);
    }));

  it('says that there is no room for files', () =>
    inScene(async ({ world, session, sync, open, cache }) => {
      await addLine(world);
      await sync();
      await writeFile(cache, 'in the way');
      await expect(countLogs(open(), session)).rejects.toMatchObject({ code: 'OB_SOURCE_CACHE', retryable: true });
      await rm(session.directory, { recursive: true, force: true });
      await writeFile(session.directory, 'in the way');
      for (const listed of [true, false])
        await expect(countLogs(open({}, listed), session)).rejects.toMatchObject({ code: 'OB_TEMP_DIRECTORY', retryable: true });
    }));

  it('frees the files of a read with its slice', () =>
    inScene(async ({ world, session, sync, open, cache }) => {
      await addLine(world);
      await sync();
      const slice = await open({ cache: { directory: cache, size_mb: 0 } }).open(
        logsOf({ from: NOON, to: NOON + MINUTE }),
        session,
        aborted,
      );
      expect(await filesBelow(cache)).toEqual([]);
      expect((await filesBelow(session.directory)).length).toBe(1);
      expect((await session.rows(`from (${slice.relations.logs})`)).length).toBe(1);
      await slice[Symbol.asyncDispose]();
      expect(await filesBelow(session.directory)).toEqual([]);
    }));

  it('says what is wrong with keys, buckets and servers, and never a secret', () =>
    inScene(async ({ swift, world, session, sync, open, proxy }) => {
      await addLine(world);
      await sync();
      const closed = await startS3Proxy(swift.endpoint);
      await closed[Symbol.asyncDispose]();
      const answerWith = (status: number, code: string) => () =>
        proxy.intercept((_, answer) => {
          answer
            .writeHead(status, { 'content-type': 'application/xml' })
            .end(`<Error><Code>${code}</Code><Message>because</Message></Error>`);
          return true;
        });
      const sentences: [Partial<OpenObserveFilesConfig>, string, RegExp, (() => void)?][] = [
        [
          { secret_key: 'sesame' },
          'OB_SOURCE_AUTH',
          /^http:\S+ did not accept the credentials for the bucket telemetry \(SignatureDoesNotMatch\)\.$/,
        ],
        [{ secret_key: undefined } as object, 'OB_CONFIG_INVALID', /has one of `access_key` and `secret_key`; it needs both or neither\.$/],
        [{ access_key: 'nobody' }, 'OB_SOURCE_AUTH', /did not accept the credentials for the bucket telemetry/],
        [{ root: 's3://no-such-bucket' }, 'OB_SOURCE_UNREADABLE', /^The bucket no-such-bucket does not exist at http:/],
        [
          { root: `s3://${BUCKET}/elsewhere` },
          'OB_SOURCE_UNREADABLE',
          /^There is nothing below s3:\/\/telemetry\/elsewhere\/files\/ at http:/,
        ],
        [{ endpoint: closed.endpoint }, 'OB_SOURCE_UNAVAILABLE', /^http:\S+ does not answer \(ECONNREFUSED\)\.$/],
        [{}, 'OB_SOURCE_AUTH', /^The credentials may not read s3:\/\/telemetry\/.* at http:/, answerWith(403, 'AccessDenied')],
        [
          {},
          'OB_SOURCE_UNAVAILABLE',
          /^The clock of this machine and that of http:\S+ are too far apart/,
          answerWith(403, 'RequestTimeTooSkewed'),
        ],
        [{}, 'OB_SOURCE_UNAVAILABLE', /failed to read s3:.* \(SlowDown, HTTP 503\)\.$/, answerWith(503, 'SlowDown')],
        [{}, 'OB_SOURCE_UNREADABLE', /is in another region/, answerWith(301, 'PermanentRedirect')],
      ];
      for (const [config, code, text, prepare] of sentences) {
        prepare?.();
        const source = open(config);
        const failure: unknown = await countLogs(source, session).catch((error: unknown) => error);
        expect(failure).toMatchObject({ code, message: expect.stringMatching(text) });
        const [finding] = await source.check(aborted);
        expect(finding).toMatchObject({ level: 'error', text: expect.stringMatching(/\.$/) });
        expect(inspect(failure, { depth: 9 }) + finding?.text).not.toMatch(/sesame|Signature=|testing/);
        proxy.intercept(undefined);
      }
    }));

  it('checks that root and file list belong together', () =>
    inScene(async ({ world, sync, open }) => {
      await addLine(world);
      const [object] = await addLine(world);
      await sync();
      const texts = async (listed = true): Promise<string> =>
        (await open({}, listed).check(aborted)).map(({ level, text }) => `${level}: ${text}`).join('\n');
      expect(await texts()).toMatch(/^ok: Organization default at s3:\S+ \d+\/? has 1 logs, 0 traces, 0 metrics streams\./);
      expect(await texts()).toContain('ok: The object listed last holds rows up to 2026-03-01T12:00:00Z, 3d ago.');
      expect(await texts(false)).toContain('warning: No file_list is configured');
      if (object) await world.remove(object);
      await sync();
      expect(await texts()).toMatch(
        /error: The object listed last is not at s3:\S+ .*\.parquet: root and file_list do not belong together\./,
      );
    }));
});
