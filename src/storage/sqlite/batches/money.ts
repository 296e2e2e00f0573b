const PICO_PER_MICRO = 1e6;

/** Micro-dollars as whole pico-dollars, the unit of the tables. */
export function toPico(microUsd: number): number {
  return Math.round(microUsd * PICO_PER_MICRO);
}

/** SQL that reads a pico-dollar column as micro-dollars: a real, because the sum may exceed a safe integer. */
export function microOf(column: string): string {
  return `${column} / 1e6`;
}
