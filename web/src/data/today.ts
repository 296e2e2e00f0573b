import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from './api.ts';
import { useSettings } from './settings.ts';

const EVERY_MS = 8_000;

/** What this day has cost and saved, in dollars, with the cap of a day; undefined until it is known. */
export function useToday(): { spent: number | undefined; saved: number | undefined; cap: number | null } {
  const { data: settings } = useSettings();
  const { data } = useQuery({
    queryKey: ['today'],
    queryFn: ({ signal }) => {
      const from = new Date(new Date().setHours(0, 0, 0, 0)).toISOString();
      const to = new Date().toISOString();
      return bodyOf(api.GET('/v1/savings', { params: { query: { from, to } }, signal }));
    },
    refetchInterval: EVERY_MS,
  });
  const { cost_usd: spent, saved_usd: saved } = data?.totals ?? {};
  return { spent, saved, cap: settings?.limits.max_usd_per_day ?? null };
}
