/** A document that is about to be added. */
export interface Draft {
  readonly uri: string;
  readonly text: string;
  readonly format: 'markdown' | 'html';
  /** Why it cannot be a document. */
  readonly refusal?: string;
}

/** Whether a text that is written in the page has what a document needs. */
export const isWritten = ({ uri, text }: Draft): boolean => uri.trim() !== '' && text.trim() !== '';

const READABLE = /\.(md|markdown|txt|x?html?)$/i;

/** Files as documents, with a refusal for those that are no Markdown or HTML by their name; their address is made from their name, because a browser does not tell where they are. */
export function readFiles(files: readonly File[]): Promise<Draft[]> {
  return Promise.all(
    files.map(async (file): Promise<Draft> => {
      const uri = `uploads/${file.name.replace(/\s+/g, '_')}`;
      if (!READABLE.test(file.name)) return { uri, format: 'markdown', text: '', refusal: 'Only Markdown and HTML files can be read.' };
      const format = /\.x?html?$/i.test(file.name) ? ('html' as const) : ('markdown' as const);
      return { uri, format, text: decode(await file.arrayBuffer(), format) };
    }),
  );
}

/** The text of a file: by its byte order mark, else what an HTML document declares, else UTF-8. */
function decode(bytes: ArrayBuffer, format: Draft['format']): string {
  const [first, second] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  const mark = first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
  const head = new TextDecoder('latin1').decode(bytes.slice(0, 1024));
  const declared = format === 'html' ? /<meta[^>]{1,200}charset\s*=\s*["']?([\w-]{1,40})/i.exec(head)?.[1] : undefined;
  try {
    return new TextDecoder(mark ?? declared ?? 'utf-8').decode(bytes);
  } catch {
    // An encoding that nobody knows.
    return new TextDecoder().decode(bytes);
  }
}

/** What the interface takes for a draft. */
export function toBody(tenant: string, { uri, text, format }: Draft, resources: string) {
  const named = resources.split(/\s+/).filter((name) => name !== '');
  return { tenant_id: tenant, uri: uri.trim(), format, text, ...(named.length > 0 ? { resources: named } : {}) };
}
