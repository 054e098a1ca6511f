import { expect, it } from 'vitest';
import { maskSecrets } from '../../src/core/secret.ts';

it.each([
  ['postgres://me:pw@db:5432/ob', 'postgres://me:***@db:5432/ob'],
  ['postgresql://me:p@s/s@db/ob is down', 'postgresql://me:***@db/ob is down'],
  ['https://me:pw@web/x', 'https://me:***@web/x'],
  ['http://host:8080/a@b', 'http://host:8080/a@b'],
  ['{"url":"http://host:8080","mail":"a@b"}', '{"url":"http://host:8080","mail":"a@b"}'],
  ['{"url":"postgres://me:pw@h","mail":"a@b"}', '{"url":"postgres://me:***@h","mail":"a@b"}'],
  ['postgres://db/ob?user=me&password=pw&sslmode=require', 'postgres://db/ob?user=me&password=***&sslmode=require'],
  ['nothing to hide at 12:00', 'nothing to hide at 12:00'],
])('masks %j', (text, masked) => {
  expect(maskSecrets(text)).toBe(masked);
});
