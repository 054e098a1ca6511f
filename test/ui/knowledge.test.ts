import { expect, test } from 'vitest';
import { createToken } from '../../src/store/api-token.ts';
import type { Db } from '../../src/store/db.ts';
import { fillWorld } from '../api/world.ts';
import { listBarriers } from './accessibility.ts';
import { describeConsole } from './console.ts';

const fill = async (db: Db): Promise<void> => {
  await fillWorld(db);
};
const file = (name: string, text: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
const runbook = `# Orders runbook

Call the **team** behind \`shop-cart\`.

## Pool is used up

1. Restarting one pod helps:
   \`\`\`sh
   kubectl rollout restart
   \`\`\`

| step | who |
|---|---|
| restart | on call |

## Hostile

<script>document.title = 'broken'</script><img src="https://elsewhere.test/x.png" onerror="document.title='broken'">
![pixel](https://elsewhere.test/y.png) [run](javascript:document.title='broken') [page](https://example.test/page)
`;

describeConsole('knowledge', { fill }, (world) => {
  test('files become documents that are found by their words, read at the passage, and removed once that is confirmed', async () => {
    const page = await world().visit('/console/knowledge?tenant=a');
    await page.getByRole('link', { name: 'shop runbook' }).waitFor();
    expect(await listBarriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Add documents…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add documents' });
    expect(await dialog.getByRole('button', { name: /^Add/ }).isDisabled()).toBe(true);
    await dialog
      .getByLabel('Markdown or HTML files')
      .setInputFiles([file('orders.md', runbook), file('mail queue.html', '<h1>Mail</h1><p>Queue</p>')]);
    await dialog.getByText('uploads/mail_queue.html').waitFor();
    await dialog.getByLabel('Resources it is about').fill('shop-orders');
    expect(await listBarriers(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Add 2 documents' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('link', { name: 'Mail' }).waitFor();

    await page.getByLabel('Question or words').fill('restarting pod -queue');
    await page.keyboard.press('Enter');
    await page.waitForURL(/q=restarting/);
    const found = page.getByRole('link', { name: 'Orders runbook › Pool is used up' });
    await found.waitFor();
    expect(await page.locator('.passages mark').allTextContents()).toEqual(['Restarting', 'pod']);
    expect(await page.locator('.passages').textContent()).not.toContain('```');
    expect(await listBarriers(page)).toEqual([]);

    await found.click();
    await page.getByRole('heading', { level: 1, name: 'Orders runbook' }).waitFor();
    expect(await page.locator('.is-wanted h2').textContent()).toBe('Pool is used up');
    expect(await page.locator('.is-wanted pre').textContent()).toBe('kubectl rollout restart');
    expect(await page.locator('.is-wanted tbody').textContent()).toBe('restarton call');
    expect(await page.locator('.about li').allTextContents()).toEqual([
      'shop-orders database, said by who added it',
      'shop-cart service, first mention',
    ]);
    expect(await page.getByRole('link', { name: 'shop-cart', exact: true }).getAttribute('href')).toMatch(
      /^\/console\/resource\?.*urn=urn%3Ak8s/,
    );
    expect(await listBarriers(page)).toEqual([]);

    await page.getByRole('button', { name: 'Remove…' }).click();
    await page.getByText('its 3 passages are then no longer found').waitFor();
    await page.keyboard.press('Escape');
    expect(await world().db.query(`select from kb_doc where tenant_id = 'a' and title = 'Orders runbook'`)).toHaveLength(1);
    await page.getByRole('button', { name: 'Remove…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('No passage fits.').waitFor();
    expect(await world().db.query(`select from kb_doc where tenant_id = 'a' and title = 'Orders runbook'`)).toHaveLength(0);
  });

  test('dropped files are told one by one, and one that is refused does not keep the others back', async () => {
    const page = await world().visit('/console/knowledge?tenant=a', { mayFail: ['/api/v1/knowledge'] });
    await page.getByRole('button', { name: 'Add documents…' }).waitFor();
    await page.evaluate(`{
      const files = new DataTransfer();
      files.items.add(new File(['# First\\n\\nwords'], 'first.md'));
      files.items.add(new File(['long '.repeat(20000)], 'long.md'));
      files.items.add(new File(['?'], 'picture.png'));
      files.items.add(new File(['# Last\\n\\nwords'], 'last.md'));
      for (const type of ['dragover', 'drop']) document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: files }));
    }`);
    const dialog = page.getByRole('dialog', { name: 'Add documents' });
    await dialog.getByText('Only Markdown and HTML files can be read.').waitFor();
    await dialog.getByRole('button', { name: 'Leave out uploads/picture.png' }).click();
    await dialog.getByRole('button', { name: 'Add 3 documents' }).click();
    await dialog.getByText('2 of 3 documents stored').waitFor();
    expect(await dialog.getByRole('alert').textContent()).toMatch(/large/i);
    expect(await dialog.getByRole('listitem').nth(1).textContent()).toContain('uploads/long.md');
    await dialog.getByRole('button', { name: 'Add 1 document' }).waitFor();
    await dialog.getByRole('link', { name: 'uploads/last.md' }).waitFor();
    expect(await listBarriers(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Back' }).click();
    await page.getByRole('link', { name: 'Last', exact: true }).waitFor();
  });

  test('what documents hold stays text: no script, no picture, no link but to the web', async () => {
    const page = await world().visit('/console/knowledge?tenant=b', { width: 390, isDark: true, mayFail: ['/api/v1/knowledge'] });
    await page.getByRole('button', { name: 'Add documents…' }).click();
    await page.getByText('Write or paste one').click();
    await page.getByLabel(/^Address/).fill('javascript:alert(1)');
    await page.getByLabel('Text', { exact: true }).fill(runbook);
    await page.getByRole('button', { name: 'Add 1 document' }).click();
    await page.getByRole('alert').getByText('The URI of a document is at most 2000 characters').waitFor();
    expect(await listBarriers(page)).toEqual([]);
    await page.getByLabel(/^Address/).fill('https://wiki.test/orders');
    await page.getByRole('button', { name: 'Add 1 document' }).click();
    await page.getByRole('heading', { level: 1, name: 'Orders runbook' }).waitFor();
    expect(await page.getByRole('link', { name: 'https://wiki.test/orders' }).getAttribute('rel')).toBe('noreferrer');
    expect(await page.locator('main script, main img').count()).toBe(0);
    expect(await page.evaluate(`[...document.querySelectorAll('article a')].map((link) => link.href)`)).toEqual([
      ...['https://elsewhere.test/y.png', 'https://example.test/page'],
    ]);
    expect(await page.locator('[href^="javascript"]').count()).toBe(0);
    expect(await page.title()).toBe('Document · ObserveBridge');
    expect(await listBarriers(page)).toEqual([]);
  });

  test('documents about one resource, and a document that is gone, say so', async () => {
    const page = await world().visit('/console/knowledge?tenant=a&resource=shop-web');
    await page.getByText('No document is about this resource.').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByRole('link', { name: 'shop runbook' }).waitFor();
    await page.goto(`${world().url}/console/knowledge?tenant=a&resource=shop-cart`);
    await page.getByRole('link', { name: 'shop runbook' }).waitFor();
    const gone = await world().visit('/console/knowledge/77?tenant=a', { mayFail: ['/api/v1/knowledge/77'] });
    await gone.getByRole('alert').getByText('The tenant has no document of this id.').waitFor();
  });
});

describeConsole('knowledge with tokens', { fill, deps: { open: false } }, (world) => {
  test('who may only read is told so, and a document that is too large is refused in words', async () => {
    const [reader, operator] = [
      await createToken(world().db, { name: 'reader', role: 'viewer', tenants: ['a'] }),
      await createToken(world().db, { name: 'operator', role: 'operator', tenants: ['a'] }),
    ];
    const page = await world().visit('/console/knowledge?tenant=a', { mayFail: ['/api/v1/', '/readyz'] });
    const add = async (name: string, text: string): Promise<void> => {
      await page.getByRole('button', { name: 'Add documents…' }).click();
      await page.getByLabel('Markdown or HTML files').setInputFiles(file(name, text));
      await page.getByRole('button', { name: 'Add 1 document' }).click();
    };
    await page.getByLabel('Token').fill(reader);
    await page.keyboard.press('Enter');
    await add('small.md', 'text');
    await page.getByRole('alert').getByText('This needs the role operator, and the token has viewer.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').fill(operator);
    await page.keyboard.press('Enter');
    await add('large.md', 'words '.repeat(20_000));
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toMatch(/large/i);
    expect(await world().db.query(`select from kb_doc where tenant_id = 'a'`)).toHaveLength(1);
  });
});
