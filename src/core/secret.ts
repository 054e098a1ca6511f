/**
 * Replaces the password in every address (`scheme://user:password@host`, `password=…`) of a text by `***`. Never reaches beyond a quote or a
 * space, so that a line of JSON stays JSON.
 */
export function maskSecrets(text: string): string {
  return (
    text
      // Passwords of database addresses are masked also where they hold a `/` that should have been escaped.
      .replace(/(postgres(?:ql)?:\/\/[^\s:/@"']*):[^\s"']*@/gi, '$1:***@')
      .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*):[^\s"'/]*@/gi, '$1:***@')
      .replace(/\b(password|passwd|pwd|secret|token)=[^\s&;"']+/gi, '$1=***')
  );
}
