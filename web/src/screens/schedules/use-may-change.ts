import { useSession } from '../../data/settings.ts';

/** Whether the person who is signed in may add and change schedules; undefined until that is known. */
export function useMayChange(): boolean | undefined {
  return useSession().data?.scopes.includes('admin');
}
