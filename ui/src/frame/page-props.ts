/** What a page gets: the parts of its path. */
export interface PageProps {
  readonly params: Readonly<Record<string, string | undefined>>;
}
