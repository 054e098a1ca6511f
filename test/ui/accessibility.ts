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

  const headings = document.querySelectorAll('h1').length;
  if (headings !== 1) faults.push(headings + ' h1');
  if (!document.documentElement.lang) faults.push('the page has no language');
  if (document.title === '') faults.push('the page has no title');
  const named = 'a, button, [role=img], [role=grid], dialog, nav, meter, progress';
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
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.textContent.trim() === '' || element === null || !isShown(element)) continue;
    if (element.closest('[aria-hidden=true], :disabled, .hidden, option, noscript, .skip')) continue;
    const ink = toChannels(getComputedStyle(element).color);
    const paper = backgroundOf(element);
    if (paper === undefined || ink[3] < 255) continue;
    const [light, dark] = [luminance(ink), luminance(paper)].sort((left, right) => right - left);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < 4.5) faults.push('contrast ' + contrast.toFixed(2) + ': ' + describe(element));
  }
  return [...new Set(faults)];
})()`;

/** Sentences about what keeps people out of the page as it stands: missing names, doubled ids, faint text, sideways scrolling; empty when nothing does. */
export function listBarriers(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(SCRIPT);
}
