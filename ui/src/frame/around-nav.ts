import type { AroundNavHandler } from 'wouter';
import { pages } from '../pages/index.ts';

/** Longer than this, in ms, a press without any answer looks lost; then the page says that it is loading. */
const PATIENCE_MS = 150;

let newest = 0;

/** Goes to another page once its script is there, because what React has to wait for appears 300 ms later; of several the newest wins. */
export const aroundNav: AroundNavHandler = (navigate, to, options) => {
  const path = toPath(to);
  const page = path === toPath(location.pathname) ? undefined : pages.find((other) => toPattern(other.path).test(path));
  if (page === undefined) return navigate(to, options);
  newest += 1;
  if (page.isReady()) return navigate(to, options);
  const mine = newest;
  const go = (): void => {
    if (mine !== newest) return;
    newest += 1;
    navigate(to, options);
  };
  page.prepare().then(go, go);
  setTimeout(go, PATIENCE_MS);
};

const toPath = (address: string): string => address.replace(/[?#].*$/, '').replace(/^\/console(?=\/|$)/, '') || '/';
const toPattern = (path: string): RegExp => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`);
