import { QueryClient } from '@tanstack/react-query';
import { whenReconnected } from './connection.ts';
import { ProblemError } from './problem-error.ts';

const RETRIES = 2;

/** What the page has read from the server. Old answers stay while new ones are read, and when reading fails. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: isWorthARetry, staleTime: 1_000, networkMode: 'always' },
    mutations: { retry: false, networkMode: 'always' },
  },
});

whenReconnected(() => void queryClient.invalidateQueries());

/** The same request will fail again, unless the server is busy. A server that is gone is asked by the connection. */
function isWorthARetry(failures: number, error: Error): boolean {
  return failures < RETRIES && error instanceof ProblemError && (error.status === 429 || error.status === 503);
}
