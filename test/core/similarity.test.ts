import { expect, it } from 'vitest';
import { rankBySimilarity } from '../../src/core/similarity.ts';

const rank = (text: string, candidates: readonly string[], limit = 5) =>
  rankBySimilarity(
    text,
    candidates.map((name) => ({ text: name, value: name })),
    limit,
  );

it('puts a misspelt name first and leaves out what has nothing of it', () => {
  expect(rank('cehckout', ['cart', 'checkout', 'check', 'payments'])[0]).toBe('checkout');
  expect(rank('CHECKOUT', ['checkout'])).toEqual(['checkout']);
  expect(rank('zzz', ['cart', 'checkout'])).toEqual([]);
  expect(rank('x', ['x', 'y'])).toEqual(['x']);
  expect(rank('cart', ['carts', 'cart', 'cartel'], 2)).toEqual(['cart', 'carts']);
});

it('counts a value with several texts once, by the best of them', () => {
  const candidates = [
    { text: 'urn:svc:cart', value: 1 },
    { text: 'cart', value: 1 },
    { text: 'card', value: 2 },
  ];
  expect(rankBySimilarity('cart', candidates, 5)).toEqual([1, 2]);
});
