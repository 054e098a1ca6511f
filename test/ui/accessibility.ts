import type { Page } from 'playwright-core';

/** Runs in the page; text, because the tests know no document. */
const SCRIPT = `(() => {
  const faults = [];
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const describe = (element) => '<' + element.tagName.toLowerCase() + ' class="' + element.className + '"> ' + (element.textContent ?? '').trim().slice(0, 40);
  const textOf = (ids) => (ids ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
  const nameOf = (element) => [
    element.getAttribute('aria-label'), textOf(element.getAttribute('aria-labelledby')), element.textContent,
    ...[...(element.labels ?? [])].map((label) => label.textContent), element.getAttribute('title'),
  ].join('').trim();

  const headings = [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].filter(isShown);
  const firsts = headings.filter((heading) => heading.tagName === 'H1').length;
  if (firsts !== 1) faults.push(firsts + ' h1');
  const levelOf = (heading) => Number(heading.tagName.slice(1));
  headings.forEach((heading, index) => {
    if (nameOf(heading) === '') faults.push('an empty heading: ' + describe(heading));
    if (index > 0 && levelOf(heading) > levelOf(headings[index - 1]) + 1) faults.push('a level of headings is left out before: ' + describe(heading));
  });
  if (!document.documentElement.lang) faults.push('the page has no language');
  if (document.title === '') faults.push('the page has no title');
  const named = 'a, button, summary, [role=img], [role=grid], [role=option], [role=listbox], dialog, nav, fieldset, meter, progress';
  for (const element of document.querySelectorAll(named)) if (isShown(element) && nameOf(element) === '') faults.push('no name: ' + describe(element));
  for (const element of document.querySelectorAll('input, select, textarea')) {
    const own = [...(element.labels ?? [])].map((label) => label.firstChild?.textContent ?? '').join('');
    if (isShown(element) && own.trim() === '' && !element.getAttribute('aria-label')) faults.push('no label: ' + describe(element));
  }
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) faults.push('the id ' + id + ' twice');
  for (const element of document.querySelectorAll('[aria-labelledby], [aria-describedby]')) {
    for (const name of ['aria-labelledby', 'aria-describedby'])
      for (const id of (element.getAttribute(name) ?? '').split(' ').filter(Boolean)) if (!ids.includes(id)) faults.push('no element ' + id);
  }
  for (const element of document.querySelectorAll('[tabindex]')) if (element.tabIndex > 0) faults.push('own tab order: ' + describe(element));
  if (document.documentElement.scrollWidth > innerWidth) faults.push('the page scrolls sideways');
  for (const dialog of document.querySelectorAll('dialog[open]')) if (dialog.scrollWidth > dialog.clientWidth) faults.push('the dialog scrolls sideways');

  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const toChannels = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (channels) => {
    const [red, green, blue] = channels.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const backgroundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== 'none') return undefined;
      const channels = toChannels(style.backgroundColor);
      if (channels[3] === 255) return channels;
      if (channels[3] > 0) return undefined;
    }
    return undefined;
  };
  const listFaintText = (theme) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (node.textContent.trim() === '' || element === null || !isShown(element)) continue;
      if (element.closest('[aria-hidden=true], :disabled, .hidden, option, noscript, .skip, svg')) continue;
      const ink = toChannels(getComputedStyle(element).color);
      const paper = backgroundOf(element);
      if (paper === undefined || ink[3] < 255) continue;
      const [light, dark] = [luminance(ink), luminance(paper)].sort((left, right) => right - left);
      const contrast = (light + 0.05) / (dark + 0.05);
      if (contrast < 4.5) faults.push(theme + ' contrast ' + contrast.toFixed(2) + ': ' + describe(element));
    }
  };
  const chosen = document.documentElement.dataset.theme;
  for (const theme of ['light', 'dark']) {
    document.documentElement.dataset.theme = theme;
    listFaintText(theme);
  }
  if (chosen === undefined) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;

  // Links within text are as high as its lines, and cells of a grid are also in the list below it: both may be small. A small target with room around it is large enough.
  const targets = [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary, [role=option]')]
    .filter((element) => isShown(element) && !element.closest('[role=grid], [aria-hidden=true], .skip, .hidden'))
    .map((element) => ({ element, box: element.getBoundingClientRect(), isText: element.tagName === 'A' && getComputedStyle(element).display === 'inline' }))
    .filter(({ box }) => box.width > 0);
  const LEAST = 24;
  const isSmall = ({ box }) => box.width < LEAST || box.height < LEAST;
  const middleOf = ({ box }) => [box.x + box.width / 2, box.y + box.height / 2];
  for (const target of targets) {
    if (target.isText || !isSmall(target)) continue;
    const [x, y] = middleOf(target);
    const crowding = targets.find((other) => {
      if (other === target || other.element.contains(target.element) || target.element.contains(other.element)) return false;
      const [nearX, nearY] = isSmall(other) ? middleOf(other) : [Math.min(Math.max(x, other.box.left), other.box.right), Math.min(Math.max(y, other.box.top), other.box.bottom)];
      return Math.hypot(nearX - x, nearY - y) < (isSmall(other) ? LEAST : LEAST / 2);
    });
    if (crowding) faults.push('a target of ' + Math.round(target.box.width) + ' × ' + Math.round(target.box.height) + ' px beside another: ' + describe(target.element));
  }
  return [...new Set(faults)];
})()`;

/**
 * Sentences about what keeps people out of the page as it stands: missing names, doubled ids, headings out of order, text that is faint in one of
 * the themes, targets too small to hit, sideways scrolling; empty when nothing does.
 */
export function listBarriers(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(SCRIPT);
}

/** What has the focus: its name, and whether it is in sight with a ring around it that differs from when it has none. */
export interface Focus {
  readonly name: string;
  readonly isSeen: boolean;
}

const FOCUS = `(() => {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const isInSight = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const label = element.getAttribute('aria-label') ?? element.labels?.[0]?.firstChild?.textContent ?? element.textContent;
  return { name: label.trim().replace(/\\s+/g, ' ').slice(0, 400), isSeen: isInSight && outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 };
})()`;

/** Presses Tab and says what has the focus then. */
export async function pressTab(page: Page): Promise<Focus> {
  await page.keyboard.press('Tab');
  return page.evaluate<Focus>(FOCUS);
}
