import { useSyncExternalStore } from 'react';

/** How the console looks: as the system says, or always light or dark. */
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'observebridge.theme';
const listeners = new Set<() => void>();
const themes: readonly Theme[] = ['system', 'light', 'dark'];

function readTheme(): Theme {
  return themes.find((theme) => theme === localStorage.getItem(KEY)) ?? 'system';
}

/** Shows the theme that was chosen in this browser. */
export function applyTheme(): void {
  const theme = readTheme();
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** Chooses a theme for this browser. */
export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', listener);
  listeners.add(listener);
  return () => {
    system.removeEventListener('change', listener);
    listeners.delete(listener);
  };
}

/** The chosen theme. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, readTheme);
}

function readIsDark(): boolean {
  const theme = readTheme();
  return theme === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark';
}

/** Whether the page is dark now; canvases draw again when it changes. */
export function useIsDark(): boolean {
  return useSyncExternalStore(subscribe, readIsDark);
}

const known = { isDark: false, colours: new Map<string, string>() };

/** A custom property of the theme, such as `--bad`, as the colour it has now: canvases cannot read custom properties. */
export function readColour(property: string): string {
  const isDark = readIsDark();
  if (known.isDark !== isDark) known.colours.clear();
  known.isDark = isDark;
  // To compute a colour, the browser brings the styles of the whole page up to date.
  const colour = known.colours.get(property) ?? computeColour(property);
  known.colours.set(property, colour);
  return colour;
}

function computeColour(property: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
