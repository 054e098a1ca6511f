/** What the process inherits. */
export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Directory against which relative paths of the command line are resolved. */
  readonly directory: string;
}

/** Reads the environment of this process: the only place that does. */
export function readEnvironment(): Environment {
  return { variables: process.env, directory: process.cwd() };
}
