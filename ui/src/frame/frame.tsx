import { useQueryClient } from '@tanstack/react-query';
import { Component, type ReactNode, Suspense, useEffect, useRef, useState } from 'react';
import { Link, Route, Switch } from 'wouter';
import { useIsLive, useLiveRuns } from '../api/live.ts';
import { setToken, useHasToken, useNeedsToken } from '../api/token.ts';
import { type Page, pages } from '../pages/index.ts';
import { Empty, Failure, Loading } from '../parts/states.tsx';
import { usePath, useToPage } from './address.ts';
import type { PageProps } from './page-props.ts';
import { Preparation } from './preparation.tsx';
import { SignIn } from './sign-in.tsx';
import { useTenant } from './tenant.ts';
import { chooseTheme, type Theme, useTheme } from './theme.ts';

/** The console: menu, choice of tenant and theme, and the page of the address; a field for the token while the server asks for one. */
export function Frame() {
  return useNeedsToken() ? <SignIn /> : <SignedIn />;
}

function SignedIn() {
  const { chosen } = useTenant();
  useLiveRuns(chosen);
  const path = usePath();
  useFocusOnArrival(path);
  return (
    <>
      <a className="skip" href="#content">
        Skip to content
      </a>
      <Header />
      <Preparation />
      <main id="content" tabIndex={-1}>
        <PageGuard key={path}>
          <Suspense fallback={<Loading what="page" />}>
            <Switch>
              {pages.map((page) => (
                <Route key={page.path} path={page.path}>
                  {(params) => <Shown page={page} params={params as PageProps['params']} />}
                </Route>
              ))}
              <Route>
                <h1>Nothing here</h1>
                <Empty title="The console has no page at this address." advice="Choose one from the menu above." />
              </Route>
            </Switch>
          </Suspense>
        </PageGuard>
      </main>
    </>
  );
}

function Shown({ page, params }: PageProps & { readonly page: Page }) {
  useEffect(() => {
    document.title = `${page.title} · ObserveBridge`;
  }, [page]);
  // What was shown at first stays: another component would begin anew.
  const [View] = useState(page.view);
  return <View params={params} />;
}

/** A reader of the screen is told where a link led; the page that the address named at first keeps its beginning. */
function useFocusOnArrival(path: string): void {
  const before = useRef(path);
  useEffect(() => {
    if (before.current !== path) document.getElementById('content')?.focus({ preventScroll: true });
    before.current = path;
  }, [path]);
}

function Header() {
  const path = usePath();
  const toPage = useToPage();
  const { chosen, tenants, choose } = useTenant();
  const isLive = useIsLive();
  const menu = useRef<HTMLElement>(null);
  useEffect(() => {
    // On narrow screens the menu scrolls, and the page that is shown must not be out of sight there.
    const here = path === '' ? null : menu.current?.querySelector('[aria-current]');
    if (here instanceof HTMLElement && menu.current) menu.current.scrollLeft = here.offsetLeft - menu.current.clientWidth / 2;
  }, [path]);
  return (
    <header className="frame-header">
      <Link href={toPage('/')} className="brand">
        ObserveBridge
      </Link>
      <nav ref={menu} aria-label="Pages">
        {pages
          .filter(({ inMenu }) => inMenu)
          .map((page) => {
            const isHere = page.path === '/' ? path === '/' : path === page.path || path.startsWith(`${page.path}/`);
            return (
              <Link key={page.path} href={toPage(page.path)} aria-current={isHere ? 'page' : undefined}>
                {page.title}
              </Link>
            );
          })}
      </nav>
      <div className="frame-tools">
        <span
          className={isLive ? 'live is-on' : 'live'}
          role="status"
          title={isLive ? 'Changes appear by themselves' : 'Asks again every few seconds'}
        >
          {isLive ? 'live' : 'polling'}
        </span>
        {(tenants.length > 1 || chosen !== undefined) && (
          <select aria-label="Tenant" value={chosen ?? ''} onChange={({ target }) => choose(target.value || undefined)}>
            <option value="">All tenants</option>
            {tenants.map(({ tenant_id, name }) => (
              <option key={tenant_id} value={tenant_id}>
                {name ?? tenant_id}
              </option>
            ))}
          </select>
        )}
        <ThemeChoice />
        <SignOut />
      </div>
    </header>
  );
}

function ThemeChoice() {
  const theme = useTheme();
  return (
    <select aria-label="Theme" value={theme} onChange={({ target }) => chooseTheme(target.value as Theme)}>
      <option value="system">System</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  );
}

function SignOut() {
  const client = useQueryClient();
  const has = useHasToken();
  const leave = (): void => {
    client.clear();
    setToken(undefined);
  };
  if (!has) return null;
  return (
    <button type="button" onClick={leave}>
      Sign out
    </button>
  );
}

/** Keeps the frame when a page breaks. */
class PageGuard extends Component<{ readonly children: ReactNode }, { readonly error: unknown }> {
  override state: { readonly error: unknown } = { error: undefined };
  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }
  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return (
      <>
        <h1>This page broke</h1>
        <Failure error={this.state.error} onRetry={() => location.reload()} />
      </>
    );
  }
}
