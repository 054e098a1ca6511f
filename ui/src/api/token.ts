import { useSyncExternalStore } from 'react';

const KEY = 'observebridge.token';
const listeners = new Set<() => void>();
let refused = false;

const announce = (): void => {
  for (const listener of listeners) listener();
};
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The bearer token of this tab; undefined without one. It lives as long as the tab and is in no address. */
export function getToken(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}

/** Takes a token for this tab, or forgets it. */
export function setToken(token: string | undefined): void {
  if (token === undefined) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token);
  refused = token === undefined;
  announce();
}

/** Notes that the server asked for a token, or for another one than was sent. */
export function refuseToken(sent: string | undefined): void {
  // An answer to a token that has been replaced meanwhile says nothing about the new one.
  if (sent !== getToken() || refused) return;
  refused = true;
  announce();
}

/** Whether the server waits for a token before it answers. */
export function useNeedsToken(): boolean {
  return useSyncExternalStore(subscribe, () => refused);
}

/** Whether this tab has a token. */
export function useHasToken(): boolean {
  return useSyncExternalStore(subscribe, () => getToken() !== undefined);
}
