import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { toProblem } from './api/problem.ts';
import { aroundNav } from './frame/around-nav.ts';
import { Frame } from './frame/frame.tsx';
import { applyTheme } from './frame/theme.ts';
import './style/theme.css';
import './style/frame.css';
import './style/parts.css';

applyTheme();
const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server refused it will refuse again; only what did not reach it is worth another try.
      retry: (count, error) => toProblem(error).status === 0 && count < 2,
      refetchOnWindowFocus: true,
    },
  },
});
const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <Router base="/console" aroundNav={aroundNav}>
          <Frame />
        </Router>
      </QueryClientProvider>
    </StrictMode>,
  );
}
