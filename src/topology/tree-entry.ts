/** Names of entries that hold no documents of people: stores of tools, and the `..` entries through which Kubernetes swaps a mounted volume. */
export function isLeftOut(name: string): boolean {
  return name === '.git' || name === '.terraform' || name === 'node_modules' || name.startsWith('..');
}
