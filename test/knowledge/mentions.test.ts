import { expect, test } from 'vitest';
import { listMentions } from '../../src/knowledge/mentions.ts';

test('URNs and names are found with their first passage; a plain word only as code or in a heading', () => {
  const { urns, names } = listMentions([
    { headings: ['Orders', 'payment'], content: 'The user of urn:k8s:svc:shop/ts-order-service. See ts-order-service.' },
    { headings: ['Orders'], content: 'Restart `cart` and (Redis_Main), then urn:svc:cart, twice: `urn:svc:cart`. At 3.5 s.' },
  ]);
  expect(Object.fromEntries(urns)).toEqual({ 'urn:k8s:svc:shop/ts-order-service': 0, 'urn:svc:cart': 1 });
  expect(names.get('ts-order-service')).toBe(0);
  expect(names.get('payment')).toBe(0);
  expect(names.get('cart')).toBe(1);
  expect(names.get('redis_main')).toBe(1);
  expect(names.has('user')).toBe(false);
  expect(names.has('3.5')).toBe(false);
});
