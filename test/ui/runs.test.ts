import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { listBarriers } from './accessibility.ts';
import { describeConsole } from './console.ts';
import { fillRuns, RUN_ID } from './rows.ts';

const HOUR = '/console/runs?span=1h&to=2026-01-01T12:00:00Z';
const DEAD = 'oo-agg of a, 2026-01-01 11:10 – 11:11: dead, attempt 2, OB_READ_TIMEOUT';

describeConsole('runs', { fill: fillRuns }, (world) => {
  const cell = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
  const runId = async (status: string): Promise<number> => {
    const rows = await world().db.query<{ id: number }>('select id::float8 as id from etl_job_run where status = $1 order by id limit 1', [
      status,
    ]);
    return rows[0]?.id ?? 0;
  };

  test('the grid has a cell for every window, told by name and sign, and leads to the run and back', async () => {
    const page = await world().visit(`${HOUR}&job=oo-agg`);
    await cell(page, DEAD).waitFor();
    expect(await page.locator('.grid-lane .cell').count()).toBe(120);
    expect(await cell(page, DEAD).textContent()).toBe('✕');
    expect(await cell(page, 'oo-agg of a, 2026-01-01 11:20 – 11:21: queued').textContent()).toBe('·');
    expect(await cell(page, 'oo-agg of b, 2026-01-01 11:20 – 11:21: no run').count()).toBe(1);
    expect(await listBarriers(page)).toEqual([]);
    await cell(page, DEAD).click();
    await page.getByRole('heading', { level: 1, name: 'oo-agg of a, 2026-01-01 11:10 – 11:11 UTC' }).waitFor();
    await page.goBack();
    await cell(page, DEAD).waitFor();
    expect(new URL(page.url()).searchParams.get('job')).toBe('oo-agg');
  });

  test('the keyboard walks the grid: one stop, arrows in time and between lanes, Enter opens', async () => {
    const page = await world().visit('/console/runs?span=1h&to=2026-01-01T11:20:00Z');
    await cell(page, DEAD).waitFor();
    expect(await page.locator('.grid-lane .cell[tabindex="0"]').count()).toBe(1);
    await page.locator('.grid-lane .cell[tabindex="0"]').focus();
    for (let step = 0; step < 9; step++) await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowDown');
    expect(await page.evaluate('document.activeElement.ariaLabel')).toBe('oo-agg of b, 2026-01-01 11:10 – 11:11: no run');
    await page.keyboard.press('ArrowUp');
    expect(await page.evaluate('document.activeElement.ariaLabel')).toBe(DEAD);
    expect(await page.locator('.grid-words').textContent()).toContain('dead, attempt 2, OB_READ_TIMEOUT');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Retry…' }).waitFor();
  });

  test('longer times join windows into cells that say what they hold and open their part of the time', async () => {
    const page = await world().visit('/console/runs?span=3d&to=2026-01-01T12:00:00Z&tenant=a');
    const joined = page.getByRole('button', { name: /1 dead/ });
    await joined.waitFor();
    expect(await joined.getAttribute('aria-label')).toMatch(/windows: .*1 dead/);
    // Ended with the newest run, it is no gap that its other windows have none.
    const newest = page.getByRole('button', { name: /without a run.*success|success.*without a run/ }).last();
    expect(await newest.getAttribute('class')).not.toContain('is-none');
    expect(await page.locator('.grid-lane .cell.is-none').count()).toBeGreaterThan(10);
    await joined.click();
    await page.waitForURL(/span=1h/);
    expect(new URL(page.url()).searchParams.get('tenant')).toBe('a');
    await page.getByRole('button', { name: /1 dead|dead, attempt/ }).waitFor();
  });

  test('filters are in the address, and a list without a match says what to do', async () => {
    const page = await world().visit(`${HOUR}&status=dead`);
    const rows = page.getByRole('region', { name: 'Runs, newest window first' }).locator('tbody tr');
    await rows.first().waitFor();
    expect(await rows.count()).toBe(1);
    expect(await rows.textContent()).toContain('OB_READ_TIMEOUT');
    await page.getByLabel('Status').selectOption('running');
    await page.getByText('No run matches.').waitFor();
    expect(new URL(page.url()).searchParams.get('status')).toBe('running');
    await page.getByLabel('Run id').fill(RUN_ID);
    await page.getByLabel('Run id').press('Enter');
    await page.getByLabel('Status').selectOption('');
    await page.getByRole('heading', { name: 'Runs with this id' }).waitFor();
    await rows.first().waitFor();
    expect(await rows.count()).toBe(1);
    expect(await listBarriers(page)).toEqual([]);
  });

  test('a run that changes shows by itself', async () => {
    const page = await world().visit(HOUR);
    await cell(page, 'oo-agg of a, 2026-01-01 11:20 – 11:21: queued').waitFor();
    await page.getByText('live', { exact: true }).waitFor();
    await world().db.query(`update etl_job_run set status = 'running', started_at = now() where id = $1`, [await runId('queued')]);
    await cell(page, 'oo-agg of a, 2026-01-01 11:20 – 11:21: running').waitFor();
    await world().db.query(`update etl_job_run set status = 'queued', started_at = null where status = 'running'`);
    await cell(page, 'oo-agg of a, 2026-01-01 11:20 – 11:21: queued').waitFor();
  });

  test('the page of a run shows error, stages, attempts and origins, and runs it again once that is confirmed', async () => {
    const id = await runId('dead');
    const page = await world().visit(`/console/runs/${id}`);
    await page.getByRole('alert').getByText('The source did not answer within 30 s.').waitFor();
    expect(await page.getByRole('list', { name: 'Stages of the newest attempt' }).locator('li').allTextContents()).toEqual([
      ...['waited for a worker1 s', 'open250 ms', 'aggregate1.5 s', 'write150 ms', 'commit and other work100 ms'],
    ]);
    const log = page.getByRole('list', { name: 'Log of attempt 2' }).getByRole('listitem');
    expect(await log.allTextContents()).toEqual([
      '11:15:01.250infoAttempt 2, claimed by worker w2.',
      '11:15:31.000errorOB_READ_TIMEOUT (read): The source did not answer within 30 s.',
    ]);
    await page.getByText('Attempt 1', { exact: true }).click();
    await page.getByText('No line was kept of this attempt').waitFor();
    expect(await log.count()).toBe(0);
    expect(new URL(page.url()).searchParams.get('attempt')).toBe('1');
    expect(await page.getByText('nightly').getAttribute('href')).toBeNull();
    expect(await listBarriers(page)).toEqual([]);

    await page.getByRole('button', { name: 'Retry…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Run this window again?' });
    await dialog.getByText('all its attempts once more').waitFor();
    expect(await listBarriers(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await runId('dead')).toBe(id);
    await page.getByRole('button', { name: 'Retry…' }).click();
    await dialog.getByRole('button', { name: 'Run again' }).click();
    await page.getByRole('button', { name: 'Cancel…' }).waitFor();
    expect(await world().db.query('select status from etl_job_run where id = $1', [id])).toEqual([{ status: 'queued' }]);

    await page.getByRole('button', { name: 'Cancel…' }).click();
    await page.getByRole('button', { name: 'Cancel the run' }).click();
    await page.getByRole('button', { name: 'Retry…' }).waitFor();
    expect(await world().db.query('select status from etl_job_run where id = $1', [id])).toEqual([{ status: 'canceled' }]);
  });

  test('a run that is not there is told with its remedy', async () => {
    const page = await world().visit('/console/runs/999999', { mayFail: ['/api/v1/runs/999999'] });
    await page.getByRole('alert').getByText('There is no run 999999.').waitFor();
    await page.getByText('old runs are pruned').waitFor();
  });

  test('a backfill says what it would do before it does it', async () => {
    const page = await world().visit('/console/runs?span=1h&to=2026-01-01T11:30:00Z&tenant=b');
    await page.getByRole('button', { name: 'Backfill…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Backfill' });
    expect(await dialog.getByLabel('Job and tenant').inputValue()).toBe('oo-agg b');
    await dialog.getByRole('button', { name: 'See what would happen' }).click();
    await dialog.getByText('Nothing has been queued yet.').waitFor();
    expect(await world().db.query('select count(*)::int4 as backfills from etl_backfill')).toEqual([{ backfills: 0 }]);
    expect(await listBarriers(page)).toEqual([]);
    await dialog.getByLabel('From (UTC)').fill('2026-01-01T11:00:00Z');
    await dialog.getByRole('button', { name: 'See what would happen' }).click();
    await dialog.getByRole('button', { name: 'Run 30 windows' }).click();
    await page.getByRole('region', { name: 'Backfills that have not ended' }).getByText('0 of 30').waitFor();
    await page.getByRole('button', { name: 'Cancel…' }).click();
    await page.getByText('30 windows will not run.').waitFor();
    await page.getByRole('button', { name: 'Cancel the backfill' }).click();
    await page.getByRole('region', { name: 'Backfills that have not ended' }).waitFor({ state: 'hidden' });
    expect(await world().db.query('select status from etl_backfill')).toEqual([{ status: 'canceled' }]);
  });

  test('on a phone in the dark nothing scrolls sideways and no text is faint', async () => {
    for (const path of [HOUR, `/console/runs/${await runId('success')}`]) {
      const page = await world().visit(path, { width: 390, isDark: true });
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('.grid-lane .cell, .gantt').first().waitFor();
      expect(await listBarriers(page)).toEqual([]);
    }
    const page = await world().visit(HOUR, { width: 390, isDark: true });
    await page.getByRole('button', { name: 'Backfill…' }).click();
    await page.getByRole('dialog', { name: 'Backfill' }).waitFor();
    expect(await listBarriers(page)).toEqual([]);
  });

  test('a choice shows within 100 ms', async () => {
    const page = await world().visit(HOUR);
    await page.locator('.grid-lane .cell').first().waitFor();
    const times = await page.evaluate<number[]>(`(async () => {
      const times = [];
      for (const name of ['24h', '1h', '6h', '3h', '1h']) {
        const button = [...document.querySelectorAll('.choice button')].find((one) => one.textContent === name);
        const started = performance.now();
        button.click();
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        if (button.getAttribute('aria-pressed') === 'true') times.push(performance.now() - started);
        await new Promise((done) => setTimeout(done, 300));
      }
      return times;
    })()`);
    expect(times.length).toBe(5);
    expect(Math.min(...times)).toBeLessThan(100);
  });
});
