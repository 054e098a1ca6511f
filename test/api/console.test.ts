import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db } from '../../src/store/db.ts';
import { createService, type Service } from './service.ts';

const refuse = (): never => {
  throw new Error('This test needs no database.');
};
const absent: Db = { kind: 'pglite', version: 0, query: refuse, transaction: refuse, [Symbol.asyncDispose]: async () => undefined };
let directory = '';
let service: Service;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'observebridge-console-'));
  await mkdir(join(directory, 'assets'));
  await writeFile(join(directory, 'index.html'), '<!doctype html>the page');
  await writeFile(join(directory, 'assets/index-1a2b.js'), 'script');
  await writeFile(join(directory, 'assets/index-1a2b.js.gz'), gzipSync('script'));
  service = await createService(absent, { consoleDirectory: directory, open: false });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});
const get = (url: string, headers = {}) => service.server.inject({ method: 'GET', url, headers });

test('the console is open to everybody, and every path that is no file is one of its pages', async () => {
  expect((await get('/')).headers.location).toBe('/console/');
  expect((await get('/console')).headers.location).toBe('/console/');
  for (const path of ['/console/', '/console/runs/7?tenant=a', '/console/index.html']) {
    const { statusCode, headers, body } = await get(path);
    expect({ path, statusCode, body }).toEqual({ path, statusCode: 200, body: '<!doctype html>the page' });
    expect(headers).toMatchObject({ 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
  }
});

test('assets never change and come compressed; one that is not there is no page', async () => {
  const plain = await get('/console/assets/index-1a2b.js');
  expect(plain).toMatchObject({ statusCode: 200, body: 'script' });
  expect(plain.headers).toMatchObject({
    'cache-control': 'public, max-age=31536000, immutable',
    'content-type': expect.stringMatching('javascript'),
  });
  const packed = await get('/console/assets/index-1a2b.js', { 'accept-encoding': 'gzip' });
  expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', 'cache-control': 'public, max-age=31536000, immutable' });
  expect((await get('/console/assets/index-0000.js')).statusCode).toBe(404);
  expect((await get('/console/assets/../../index.html')).statusCode).toBe(404);
  expect((await get('/console/%2e%2e/%2e%2e/etc/passwd')).body).not.toContain('root:');
});

test('the other paths stay what they are', async () => {
  expect((await get('/healthz')).json()).toMatchObject({ status: 'ok' });
  expect((await get('/api/v1/runs')).statusCode).toBe(401);
  expect((await get('/nowhere')).json()).toMatchObject({ status: 404, code: 'OB_NOT_FOUND' });
  expect((await service.server.inject({ method: 'POST', url: '/console/runs' })).json()).toMatchObject({ status: 404 });
  const paths = Object.keys(service.server.swagger().paths ?? {});
  expect(paths.filter((path) => path.startsWith('/console') || path === '/')).toEqual([]);
});

test('without a built console nothing is served', async () => {
  await using bare = await createService(absent, { consoleDirectory: join(directory, 'nothing') });
  expect((await bare.server.inject({ method: 'GET', url: '/' })).statusCode).toBe(404);
  expect((await bare.server.inject({ method: 'GET', url: '/console/' })).statusCode).toBe(404);
});
