/** Narrows down what a view shows, as requests take it. */
export interface TopologyFilter {
  readonly tenant_id: string | undefined;
  readonly source: string | undefined;
  readonly relation: string | undefined;
  readonly resource: string | undefined;
}
