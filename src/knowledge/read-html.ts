import { Parser } from 'htmlparser2';
import { createOutline, type Outline } from './outline.ts';

const LEFT_OUT = new Set(['script', 'style', 'template', 'noscript', 'svg', 'math', 'iframe', 'nav', 'form', 'button', 'select']);
const BLOCKS = new Set(
  'address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer header hr main ol p section summary table ul'.split(
    ' ',
  ),
);
const KEPT_TOGETHER = new Set(['ul', 'ol', 'table', 'dl']);

/** Reads HTML: headings make sections, lists and tables are one block each, code stays between backticks; scripts, styles and navigation are left out. */
export function readHtml(html: string): Outline {
  const outline = createOutline();
  let text = '';
  let title: string | undefined;
  let inTitle = false;
  let leftOut = 0;
  let together = 0;
  let pre = 0;
  const flush = (): void => {
    outline.block(tidy(text));
    text = '';
  };
  const parser = new Parser({
    onopentag(name, attributes) {
      if (LEFT_OUT.has(name)) leftOut++;
      if (leftOut > 0) return;
      if (name === 'title') inTitle = title === undefined;
      else if (/^h[1-6]$/.test(name)) flush();
      else if (name === 'pre') {
        if (together === 0 && pre === 0) flush();
        if (pre++ === 0) text += '\n```\n';
      } else if (name === 'code' && pre === 0) text += '`';
      else if (name === 'br') text += '\n';
      else if (name === 'li') text += '\n- ';
      else if (name === 'tr') text += '\n';
      else if ((name === 'td' || name === 'th') && !/\n\s*$/.test(text.slice(-40))) text += ' | ';
      else if (name === 'img') text += attributes.alt ? ` ${attributes.alt} ` : '';
      else if (BLOCKS.has(name)) {
        if (together === 0) flush();
        else if (!text.endsWith('- ')) text += '\n';
        if (KEPT_TOGETHER.has(name)) together++;
      }
    },
    ontext(part) {
      if (leftOut > 0) return;
      if (inTitle) title = (title ?? '') + part;
      else text += pre > 0 ? part : part.replace(/\s+/g, ' ');
    },
    onclosetag(name) {
      if (LEFT_OUT.has(name)) leftOut = Math.max(0, leftOut - 1);
      else if (leftOut > 0) return;
      else if (name === 'title') inTitle = false;
      else if (/^h[1-6]$/.test(name)) {
        outline.heading(Number(name[1]), text);
        text = '';
      } else if (name === 'pre') {
        pre = Math.max(0, pre - 1);
        if (pre === 0) text = `${text.trimEnd()}\n\`\`\`\n`;
        if (together === 0 && pre === 0) flush();
      } else if (name === 'code' && pre === 0) text += '`';
      else if (BLOCKS.has(name)) {
        if (KEPT_TOGETHER.has(name)) together = Math.max(0, together - 1);
        if (together === 0) flush();
      }
    },
  });
  parser.end(html);
  flush();
  return outline.build(title);
}

/** Without the spaces that only the source had; what stands between fences stays. */
function tidy(text: string): string {
  return text
    .split(/(\n```\n[\s\S]*?\n```\n)/)
    .map((part, index) => (index % 2 === 1 ? part.slice(1, -1) : part.replace(/[ \t\u00a0]+/g, ' ').replace(/ ?\n\s*/g, '\n')))
    .join('\n')
    .trim();
}
