/** Binds a value to a statement and returns its placeholder. */
export type Bind = (value: unknown) => string;

/** Binds values behind those that the parameters of a statement hold already. */
export function binder(params: unknown[]): Bind {
  return (value) => `$${params.push(value)}`;
}
