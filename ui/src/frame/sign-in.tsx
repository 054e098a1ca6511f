import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ask } from '../api/ask.ts';
import { toProblem } from '../api/problem.ts';
import { getToken, setToken } from '../api/token.ts';

/** Asks for a token and goes on once the server takes it. */
export function SignIn() {
  const client = useQueryClient();
  const [wrong, setWrong] = useState<string | undefined>(getToken() === undefined ? undefined : 'The token is no longer valid.');
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get('token') ?? '').trim();
    setBusy(true);
    try {
      await ask('/api/v1/tenants', { query: { limit: 1 }, token });
      client.clear();
      setToken(token);
    } catch (error) {
      setWrong(toProblem(error).detail);
      setBusy(false);
    }
  };
  return (
    <main className="sign-in">
      <form onSubmit={submit}>
        <h1>ObserveBridge</h1>
        <p>This server asks for a token. It stays in this tab and is forgotten when the tab closes.</p>
        <label>
          Token
          <input name="token" type="password" autoComplete="off" required spellCheck={false} aria-describedby="sign-in-wrong" />
        </label>
        <p id="sign-in-wrong" role="alert" className="wrong">
          {wrong}
        </p>
        <button type="submit" className="primary" disabled={isBusy}>
          Sign in
        </button>
        <p className="quiet">
          An operator makes tokens with <code>observebridge tokens create</code>.
        </p>
      </form>
    </main>
  );
}
