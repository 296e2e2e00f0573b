import type { Schedule } from '../../data/schedules.ts';
import { useTableName } from '../../data/uploads.ts';
import { workText } from './work-text.ts';

/** What a schedule runs, in words; an uploaded table by the name of its file. */
export function useWork(schedule: Pick<Schedule, 'action'>): { what: string; how: string } {
  const { action } = schedule;
  const uri = action.type === 'run_batch' ? action.request.csv_uri : '';
  const name = useTableName(uri);
  return workText(schedule, uri.startsWith('upload:') ? name : uri);
}
