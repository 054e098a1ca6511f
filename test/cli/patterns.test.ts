import { expect, it } from 'vitest';
import type { Explanation } from '../../src/patterns/explain.ts';
import type { Db } from '../../src/store/db.ts';
import { addLines, addPattern, addServices, at } from '../store/pattern-world.ts';
import { callCli } from '../support/cli.ts';
import { describeDatabases } from '../support/databases.ts';

const explanation: Explanation = {
  ...{
    header: { time: '2025-06-01 12:00:00', level: 'ERROR' },
    fields: '',
    severity: 'error',
    mask: 'card <*> refused',
    template: 'card <*> refused',
  },
  fingerprint: 'card-7-refused',
  tokens: [
    { text: 'card', class: 'constant', kind: 'word', why: 'a word' },
    { text: '7', class: 'variable', kind: 'number', why: 'a number or quantity' },
  ],
};

describeDatabases('the command line for patterns', ['pglite'], (make) => {
  const call = (db: Db, ...args: string[]) =>
    callCli(['patterns', ...args], {
      openDb: async () => ({ ...db, [Symbol.asyncDispose]: async () => undefined }),
      explainPattern: async () => explanation,
    });

  /** Refused cards are new, a slow cart is not, and both services beat. */
  const fill = async (db: Db): Promise<void> => {
    await db.query(`insert into dim_tenant (tenant_id) values ('a'), ('b')`);
    await addServices(db);
    await addPattern(db, 'card-<*>-refused', { firstSeen: '12:10' });
    await addPattern(db, 'card-7-refused', { firstSeen: '12:10', aliasOf: 'card-<*>-refused', version: 2 });
    await addPattern(db, 'slow');
    await addLines(db, [
      { at: '12:10', service: 'checkout', mask: 'card-7-refused', lines: 5, errors: 5 },
      { at: '11:00', service: 'cart', mask: 'slow', lines: 1, severity: 'warn' },
      { at: '12:40', service: 'cart', mask: 'slow', lines: 40, severity: 'warn' },
    ]);
  };

  it('lists new and surging patterns of the newest hour with their evidence', async () => {
    const { db } = await make();
    await fill(db);
    const json = async (...args: string[]) => JSON.parse((await call(db, 'list', '--tenant', 'a', '-o', 'json', ...args)).stdout);
    expect(await json()).toMatchObject([
      {
        service: 'checkout',
        trend: 'new',
        template: 'card <*> refused',
        lines: 5,
        errors: 5,
        evidence_query: 'SELECT card-7-refused 12:10',
      },
      { service: 'cart', trend: 'surging', lines: 40 },
      { service: 'checkout', trend: 'steady', fingerprint: 'heartbeat' },
    ]);
    const fingerprints = async (...args: string[]) => (await json(...args)).map((row: { fingerprint: string }) => row.fingerprint);
    expect(await fingerprints('--new')).toEqual(['card-<*>-refused']);
    expect(await fingerprints('--surging')).toEqual(['slow']);
    expect(await fingerprints('--new', '--surging')).toEqual(['card-<*>-refused', 'slow']);
    expect(await fingerprints('--severity', 'error')).toEqual(['card-<*>-refused']);
    expect(await fingerprints('--service', 'cart')).toEqual(['slow']);
    expect(await fingerprints('--to', at('12:05'), '--service', 'cart')).toEqual([]);
    expect(await fingerprints('--from', at('12:45'))).toEqual(['heartbeat']);

    const table = await call(db, 'list', '--tenant', 'a', '--limit', '1');
    expect(table.stdout).toMatch(/^service +trend [^\n]+\n[- ]+\ncheckout +new +error +5 +5 [^\n]+https:\/\/oo[^\n]+ card <\*> refused\n$/);
    expect(table.stderr).toContain(`${at('12:00')} … ${at('13:00')}.`);
    expect((await call(db, 'list', '--tenant', 'a', '--limit', '3')).stderr).not.toContain('There are more');
    expect(table.stderr).toContain('There are more than 1; --limit');
  });

  it('says what is missing, and refuses what makes no sense', async () => {
    const { db } = await make();
    await fill(db);
    expect(await call(db, 'list', '--tenant', 'b', '-o', 'json')).toMatchObject({
      ...{ exitCode: 0, stdout: '[]\n', stderr: expect.stringContaining('Tenant b has no log lines yet.') },
    });
    expect((await call(db, 'list', '--tenant', 'a', '--from', at('-11:00'), '--to', at('-13:00'))).stderr).toContain(
      'there are no lines before it to compare with',
    );
    const refused = async (...args: string[]) => {
      const { exitCode, stderr } = await call(db, ...args);
      expect(exitCode).toBe(2);
      return stderr;
    };
    expect(await refused('list')).toContain('The database knows no tenant demo');
    expect(await refused('list', '--tenant', 'c')).toContain('There is no tenant c; there is demo.');
    expect(await refused('list', '--tenant', 'a', '--from', at('13:00'))).toContain('is not before the end of the newest lines');
    expect(await refused('list', '--tenant', 'a', '--severity', 'bad')).toContain('Allowed choices are trace, debug');
    expect(await refused('explain', 'card 7 refused', '--tenant', 'c')).toContain('The database knows no tenant c');
  });

  it('explains a line, and with a tenant what counts it', async () => {
    const { db } = await make();
    await fill(db);
    const alone = await callCli(['patterns', 'explain', 'card 7 refused'], { explainPattern: async () => explanation });
    expect(alone.stdout.split('\n')).toEqual([
      expect.stringMatching(/^step +text +becomes +why$/),
      expect.stringMatching(/^[- ]+$/),
      expect.stringMatching(/^header time +2025-06-01 12:00:00$/),
      expect.stringMatching(/^header level +ERROR$/),
      expect.stringMatching(/^severity +error$/),
      expect.stringMatching(/^token +card +card +word: a word$/),
      expect.stringMatching(/^token +7 +<\*> +number: a number or quantity$/),
      expect.stringMatching(/^mask +card <\*> refused$/),
      expect.stringMatching(/^template +card <\*> refused +neighbouring/),
      expect.stringMatching(/^fingerprint +card-7-refused +hash of the template$/),
      '',
    ]);
    const known = await call(db, 'explain', 'card 7 refused', '--tenant', 'a', '-o', 'json');
    expect(JSON.parse(known.stdout)).toEqual({
      ...explanation,
      pattern: expect.objectContaining({
        fingerprint: 'card-<*>-refused',
        template: 'card <*> refused',
        version: 2,
        first_seen: at('12:10'),
      }),
    });
    expect((await call(db, 'explain', 'card 7 refused', '--tenant', 'a')).stdout).toMatch(
      /\npattern +card <\*> refused +its words vary[^\n]+\npattern fingerprint +card-<\*>-refused +version 2: [^\n]+\nseen +2025-06-01T12:10:00Z … /,
    );
    const unknown = await call(db, 'explain', 'card 7 refused', '--tenant', 'b', '-o', 'json');
    expect(JSON.parse(unknown.stdout).pattern).toBeNull();
  });
});
