/** The load of a fleet over some time. */
export interface FleetLoad {
  rows: number;
  workers: number;
  seconds: number;
}

/** One amount for each row, one for each second of each worker, and one for each second. */
export interface Need {
  row: number;
  workerSecond: number;
  second: number;
}

/** Fits a need to three measured loads, exactly. */
export function fitNeed(loads: readonly FleetLoad[], measured: readonly number[]): Need {
  const [row = 0, workerSecond = 0, second = 0] = solve(loads.map(factorsOf), measured);
  return { row, workerSecond, second };
}

/** The need of a load, over its whole time. */
export function needOf(load: FleetLoad, { row, workerSecond, second }: Need): number {
  const [rows = 0, workerSeconds = 0, seconds = 0] = factorsOf(load);
  return rows * row + workerSeconds * workerSecond + seconds * second;
}

function factorsOf({ rows, workers, seconds }: FleetLoad): number[] {
  return [rows, workers * seconds, seconds];
}

/** Solves a square system of linear equations by elimination with the largest pivot. */
export function solve(matrix: readonly (readonly number[])[], values: readonly number[]): number[] {
  const lines = matrix.map((line, at) => [...line, values[at] ?? 0]);
  const size = lines.length;
  for (let column = 0; column < size; column += 1) {
    const rest = lines.splice(column).toSorted((a, b) => Math.abs(b[column] ?? 0) - Math.abs(a[column] ?? 0));
    lines.push(...rest);
    const pivot = lines[column] ?? [];
    for (const [at, line] of lines.entries()) {
      if (at === column) continue;
      const factor = (line[column] ?? 0) / (pivot[column] ?? Number.NaN);
      for (let each = column; each <= size; each += 1) line[each] = (line[each] ?? 0) - factor * (pivot[each] ?? 0);
    }
  }
  return lines.map((line, at) => (line[size] ?? 0) / (line[at] ?? Number.NaN));
}
