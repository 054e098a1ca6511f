import { type ComponentType, lazy } from 'react';
import type { PageProps } from '../frame/page-props.ts';

type View = ComponentType<PageProps>;

/**
 * A page: its path within the console, its name, and whether the menu has it. A new one is a folder with an exported component that takes
 * `PageProps`, and a line below.
 */
export interface Page {
  readonly path: string;
  readonly title: string;
  readonly inMenu: boolean;
  /** Brings the script of the page, which opening it would wait for. */
  readonly prepare: () => Promise<unknown>;
  readonly isReady: () => boolean;
  /**
   * What shows the page: the component itself once its script is there, else one that waits for it. React lets a page that it has to wait for,
   * however shortly, appear 300 ms later.
   */
  readonly view: () => View;
}

/** Loads a page when it is first prepared or opened; the name is that of its exported component. */
function load<Name extends string>(from: () => Promise<Record<Name, View>>, name: Name): Pick<Page, 'prepare' | 'isReady' | 'view'> {
  let loaded: View | undefined;
  const prepare = async (): Promise<{ readonly default: View }> => {
    loaded = (await from())[name];
    return { default: loaded };
  };
  const waiting = lazy(prepare);
  return { prepare, isReady: () => loaded !== undefined, view: () => loaded ?? waiting };
}

/** All pages, in the order of the menu. */
export const pages: readonly Page[] = [
  { path: '/', title: 'Overview', inMenu: true, ...load(() => import('./overview/overview-page.tsx'), 'OverviewPage') },
  { path: '/runs', title: 'Runs', inMenu: true, ...load(() => import('./runs/runs-page.tsx'), 'RunsPage') },
  { path: '/runs/:id', title: 'Run', inMenu: false, ...load(() => import('./run/run-page.tsx'), 'RunPage') },
  { path: '/map', title: 'Map', inMenu: true, ...load(() => import('./map/map-page.tsx'), 'MapPage') },
  { path: '/topology', title: 'Topology', inMenu: true, ...load(() => import('./topology/topology-page.tsx'), 'TopologyPage') },
  { path: '/patterns', title: 'Patterns', inMenu: true, ...load(() => import('./patterns/patterns-page.tsx'), 'PatternsPage') },
  {
    path: '/patterns/:fingerprint',
    title: 'Pattern',
    inMenu: false,
    ...load(() => import('./pattern/pattern-page.tsx'), 'PatternPage'),
  },
  { path: '/resource', title: 'Resources', inMenu: true, ...load(() => import('./resource/resource-page.tsx'), 'ResourcePage') },
  { path: '/knowledge', title: 'Knowledge', inMenu: true, ...load(() => import('./knowledge/knowledge-page.tsx'), 'KnowledgePage') },
  { path: '/knowledge/:id', title: 'Document', inMenu: false, ...load(() => import('./document/document-page.tsx'), 'DocumentPage') },
];
