import { interpolate } from './interpolate.ts';

/** Variables of an env file: quotes are taken off, and names in unquoted or double-quoted values are replaced by what stands before. */
export function parseEnvFile(text: string): Map<string, string> {
  const values = new Map<string, string>();
  const line = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*[=:][ \t]*(?:'([^']*)'|"((?:[^"\\]|\\.)*)"|([^\n]*))[^\n]*$/gm;
  for (const [, name = '', single, double, bare] of text.replaceAll('\r\n', '\n').matchAll(line)) {
    const plain = double?.replace(/\\n/g, '\n').replace(/\\(["\\])/g, '$1') ?? bare?.replace(/(?:^|\s)#.*$/, '').trim() ?? '';
    const lookUp = (inner: string): string | undefined => values.get(inner);
    values.set(name, single ?? interpolate(plain, lookUp, () => undefined));
  }
  return values;
}
