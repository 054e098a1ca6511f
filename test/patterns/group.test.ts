import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { groupTemplates } from '../../src/patterns/group.ts';
import { joinTokens, splitTemplate } from '../../src/patterns/template-tokens.ts';

const names = ['ada', 'bob', 'cleo', 'dan', 'eve', 'finn', 'gus', 'hana', 'ivo', 'jane', 'kim', 'lou', 'mia'];
/** The distinct general templates of templates. */
const grouped = (...templates: string[]) => [...new Set(groupTemplates(templates).values())].sort();
const named = (count: number, write: (name: string) => string) => names.slice(0, count).map(write);

describe('a place where words vary becomes variable', () => {
  it.each([
    [6, 'with four words around it', (name: string) => `user ${name} has left the building`, 'user <*> has left the building'],
    [12, 'with fewer words around it', (name: string) => `hello dear ${name}`, 'hello dear <*>'],
    [4, 'behind an equals sign', (name: string) => `login user=${name}`, 'login user=<*>'],
    [4, 'alone in quotes', (name: string) => `no topic "${name}"`, 'no topic "<*>"'],
    [4, 'alone in brackets', (name: string) => `stopped worker [${name}]`, 'stopped worker [<*>]'],
  ])('of %i words %s', (enough, _, write, general) => {
    expect(grouped(...named(enough - 1, write))).toHaveLength(enough - 1);
    expect(grouped(...named(enough, write))).toEqual([general]);
  });

  it('of two words beside a variable that is known there', () => {
    expect(grouped('Failed password for <*> from <*>', ...named(1, (name) => `Failed password for ${name} from <*>`))).toHaveLength(2);
    expect(grouped('Failed password for <*> from <*>', ...named(2, (name) => `Failed password for ${name} from <*>`))).toEqual([
      'Failed password for <*> from <*>',
    ]);
  });

  it('never without a word around it', () => {
    expect(grouped(...named(13, (name) => `${name} <*>`))).toHaveLength(13);
  });

  it('of many words at two places at once does not', () => {
    const pairs = names.map((name, index) => `user ${name} has left the ${names.at(-1 - index)}`);
    expect(grouped(...pairs)).toHaveLength(pairs.length);
  });
});

describe('values of key=value pairs', () => {
  it('are variables everywhere when they are in one', () => {
    expect(
      grouped(
        'lock tag=<*>, name=<*>, ws=<*>, uid=<*>',
        'lock tag=<*>, name=android, ws=<*>, uid=<*>',
        'lock tag=<*>, name=web, ws=Source{<*>}, uid=<*>',
      ),
    ).toEqual(['lock tag=<*>, name=<*>, ws=<*>, uid=<*>']);
  });

  it('stay where none is a variable', () => {
    expect(grouped('state=open mode=fast', 'state=open mode=slow')).toHaveLength(2);
  });
});

describe('lists', () => {
  it('of different length are one variable', () => {
    expect(grouped('Link assigned to IRQs <*>', 'Link assigned to IRQs <*> <*>', 'Link assigned to IRQs <*>, <*>, <*>')).toEqual([
      'Link assigned to IRQs <*>',
    ]);
    expect(grouped('sum <*>', 'sum <*> <*>')).toHaveLength(2);
  });

  it('of words in brackets are values', () => {
    expect(grouped('roles [admin] given', 'roles [admin, dev] given')).toHaveLength(2);
    expect(grouped('roles [admin] given', 'roles [admin, dev] given', 'roles [ops] given')).toEqual(['roles [<*>] given']);
  });
});

test('a unit that varies belongs to its number, one that never does stays', () => {
  expect(grouped('stored block of <*> KB', 'stored block of <*> MB', 'stored block of <*>')).toEqual(['stored block of <*>']);
  expect(grouped('stored block of <*> KB', 'freed block of <*> MB')).toHaveLength(2);
});

test('a value with its kind or in quotes joins the template without', () => {
  expect(
    grouped('synchronized to <*>, stratum <*>', 'synchronized to LOCAL(<*>), stratum <*>', 'synchronized to "<*>", stratum <*>'),
  ).toEqual(['synchronized to <*>, stratum <*>']);
  expect(grouped('took LOCAL(<*>)', 'took <*>')).toHaveLength(2);
});

const word = fc.constantFrom('order', 'cart', 'for', 'user', 'disk', 'ready', ...names);
const part = fc.oneof(
  { arbitrary: word, weight: 6 },
  { arbitrary: fc.constant('<*>'), weight: 3 },
  { arbitrary: fc.tuple(word, fc.oneof(word, fc.constant('<*>'))).map(([key, value]) => `${key}=${value}`), weight: 1 },
  {
    arbitrary: fc.array(fc.oneof(word, fc.constant('<*>')), { minLength: 1, maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    weight: 1,
  },
  {
    arbitrary: fc.tuple(word, fc.constantFrom('()', '{}', '""')).map(([kind, [open, close] = '']) => `${kind}${open}<*>${close}`),
    weight: 1,
  },
);
/** Few words and few lengths, so that templates meet. */
const template = fc.array(part, { minLength: 2, maxLength: 6 }).map((parts) => joinTokens(splitTemplate(parts.join(' '))));
const family = fc
  .tuple(template, fc.subarray(names, { minLength: 4 }))
  .map(([base, chosen]) => chosen.map((name) => `${base} of ${name} done`));
const templates = fc
  .tuple(fc.array(template, { maxLength: 30 }), fc.array(family, { maxLength: 3 }))
  .map(([single, families]) => [...single, ...families.flat()]);

test('the order of the templates makes no difference, and every template has a group', () => {
  const orders = templates.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
  );
  fc.assert(
    fc.property(orders, ([all, shuffled]) => {
      const groups = groupTemplates(all);
      expect(groupTemplates(shuffled)).toEqual(groups);
      expect([...groups.keys()].sort()).toEqual([...new Set(all)].sort());
    }),
    { numRuns: 500 },
  );
});

test('taking a template apart and joining it again changes nothing', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        template,
        fc.string().map((text) => joinTokens(splitTemplate(text))),
      ),
      (text) => {
        expect(joinTokens(splitTemplate(text))).toBe(text);
      },
    ),
  );
});
