/** Replaces the password in every address (`scheme://user:password@host`, `password=…`) of a text by `***`. */
export function maskSecrets(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):\S*@/gi, '$1:***@')
    .replace(/\b(password|passwd|pwd|secret|token)=[^\s&;]+/gi, '$1=***');
}
