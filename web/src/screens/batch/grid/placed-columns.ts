import type { Schemas } from '../../../data/api.ts';
import { type GridColumn, NUMBER } from './grid-columns.ts';
import { isNumber, type PlacedColumn } from './grid-row.tsx';

/**
 * Columns with their places, pinned ones first. Cells that stick cost a layer each for every frame that is drawn: they
 * stick only in a grid that scrolls sideways.
 * @param sample a row that is answered: what is a number in it stands at the right
 */
export function placed(
  columns: readonly GridColumn[],
  { sample, isWide }: { sample: Schemas['Row'] | undefined; isWide: boolean },
): PlacedColumn[] {
  const sorted = [...columns.filter(({ isPinned }) => isPinned), ...columns.filter(({ isPinned }) => !isPinned)];
  const firstAnswer = sorted.findIndex(({ key }) => key.startsWith('out.'));
  let left = NUMBER;
  return sorted.map((column, index) => {
    const place = column.isPinned && isWide ? left : undefined;
    left += column.width ?? 0;
    const isOfNumbers = sample === undefined ? ['_took', '_attempt'].includes(column.key) : isNumber(column, sample);
    return { ...column, left: place, isFirstAnswer: index === firstAnswer, isNumber: isOfNumbers };
  });
}
