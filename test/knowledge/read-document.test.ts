import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LONGEST_PASSAGE } from '../../src/knowledge/passages.ts';
import { type DocumentFormat, decodeText, readDocument } from '../../src/knowledge/read-document.ts';

const read = (format: DocumentFormat, text: string) => readDocument('u', format, text);

describe('Markdown', () => {
  test('is cut along its headings, whose paths begin with the title', () => {
    const text = [
      '---\ntitle: Orders\ntags: [a]\n---\nIntro.\n\n# The `orders` [service](x)',
      'One.\n\n- a\n- b\n\nTwo\n===\nTwo text\n\n## Sub\n```sh\n# not a heading\n```\n## Empty\n### Deep\nlast',
    ].join('\n\n');
    expect(read('markdown', text)).toEqual({
      title: 'Orders',
      passages: [
        { headings: ['Orders'], content: 'Intro.' },
        { headings: ['Orders', 'The orders service'], content: 'One.\n\n- a\n- b' },
        { headings: ['Orders', 'Two'], content: 'Two text' },
        { headings: ['Orders', 'Two', 'Sub'], content: '```sh\n# not a heading\n```' },
        { headings: ['Orders', 'Two', 'Empty', 'Deep'], content: 'last' },
      ],
    });
  });

  test('takes its first heading of the first depth for the title, and HTML for its text', () => {
    const text = '## Before\nx\n\n# Title\n<div align="center">Hi <b>you</b></div>\n<!-- hidden -->';
    expect(read('markdown', text)).toEqual({
      title: 'Title',
      passages: [
        { headings: ['Title', 'Before'], content: 'x' },
        { headings: ['Title'], content: 'Hi you' },
      ],
    });
  });

  test('a given title replaces its own', () => {
    expect(readDocument('u', 'markdown', '# A\nx', 'B')).toEqual({ title: 'B', passages: [{ headings: ['B', 'A'], content: 'x' }] });
  });

  test.each([
    ['a ladder of quotes', `${'>'.repeat(100_000)}x`],
    ['a ladder of lists', Array.from({ length: 2000 }, (_, depth) => `${' '.repeat(depth)}- x`).join('\n')],
    ['spaces before a word', `${' '.repeat(300_000)}x`],
  ])(
    'reads %s in bounded time',
    (_, text) => {
      expect(read('markdown', text).passages.length).toBeGreaterThan(0);
    },
    5000,
  );
});

describe('HTML', () => {
  test('gives text by headings without scripts, styles and navigation', () => {
    const html = `<html><head><title>T &amp; U</title><style>p{}</style></head><body><nav>home</nav><h1>One</h1>
      <p>Para   one\n two <code>svc-a</code></p><ul><li><p>a</p><li>b<ul><li>c</ul></ul>
      <table><tr><th>h</th><th>k</th></tr><tr><td>1</td><td>2</td></tr></table>
      <pre>  keep\n   this</pre><script>bad()</script><h2>Two</h2>tail</body></html>`;
    expect(read('html', html)).toEqual({
      title: 'T & U',
      passages: [
        { headings: ['T & U', 'One'], content: 'Para one two `svc-a`\n\n- a\n- b\n- c\n\nh | k\n1 | 2\n\n```\n  keep\n   this\n```' },
        { headings: ['T & U', 'One', 'Two'], content: 'tail' },
      ],
    });
  });

  test('is decoded as it declares', () => {
    const gbk = Buffer.from([...Buffer.from('<meta charset="gbk"><p>'), 0xb3, 0xac, 0xca, 0xb1]);
    expect(decodeText(gbk, 'html')).toContain('超时');
    expect(decodeText(Buffer.from('\ufeffx', 'utf16le'), 'markdown')).toBe('x');
    expect(decodeText(Buffer.from('<meta charset="nonsense">é'), 'html')).toContain('é');
  });
});

describe('passages', () => {
  test('are bounded, keep every word, and lend their last sentence to the next', () => {
    const sentences = Array.from({ length: 200 }, (_, index) => `Sentence number ${index} ends here.`);
    const { passages } = read('markdown', `# T\n${sentences.join(' ')}\n\nAfterwards comes a paragraph.\n\n${'word '.repeat(300)}`);
    expect(passages.length).toBeGreaterThan(4);
    for (const { content } of passages) expect(content.length).toBeLessThanOrEqual(LONGEST_PASSAGE);
    for (const sentence of sentences) expect(passages.filter(({ content }) => content.includes(sentence))).not.toHaveLength(0);
    expect(passages.at(-1)?.content.startsWith('Afterwards comes a paragraph.')).toBe(true);
  });

  test('of any text are bounded and well formed', () => {
    const text = fc.array(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\n\n', '# ', '<p>', '```\n', '𠮷'.repeat(2000), 'x'.repeat(3000))),
    );
    fc.assert(
      fc.property(text, fc.constantFrom('markdown' as const, 'html' as const), (parts, format) => {
        const { passages } = readDocument('u', format, `word\n\n${parts.join('')}`);
        for (const { content, headings } of passages) {
          expect(content.length).toBeLessThanOrEqual(LONGEST_PASSAGE);
          expect([content, ...headings].every((part) => part.isWellFormed() && !part.includes('\0'))).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('leave out pictures that are written into the text', () => {
    const [passage] = read('markdown', `![x](data:image/png;base64,${'A'.repeat(5000)}) text`).passages;
    expect(passage?.content).toBe('![x](data:) text');
  });

  test.each([
    ['markdown', '\n \n'],
    ['html', '<script>x</script>'],
  ] as const)('are refused of an empty document: %s', (format, text) => {
    expect(() => read(format, text)).toThrow(expect.objectContaining({ code: 'OB_DOCUMENT_INVALID' }));
  });
});
