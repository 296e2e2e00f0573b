/**
 * Distinguishes refusals by chance from those of a limit that all calls share. By chance, refused calls are scattered
 * among the others; once a limit is reached, most calls after the first refused one are refused too.
 */
export interface RefusalShare {
  /** A call was refused: its number, counted from 1 in the order of sending. */
  refused(number: number): void;
  /**
   * The evidence of a limit that all calls share, by the latest refusals: 1 for each refused call, less a quarter for each
   * other call between them, and never below 0.
   */
  evidence(): number;
}

/** More refusals than this don't change what the latest ones show. */
const MEMORY = 16;
/** So a share of refusals above a fifth adds up, and a smaller one does not. */
const PER_OTHER_CALL = 0.25;
/**
 * Evidence that is no chance: five refused calls in a row, or seven of fifteen. By chance it is reached once in 1.5 million calls of which 4 % are
 * refused, and once in 36,000 of which 7 % are (simulated over 20 million calls).
 */
export const SHARED_EVIDENCE = 5;

/**
 * Nothing is refused yet. Calls in flight count as not refused. The order is that of sending: refusals arrive sooner than
 * answers, so in the order of their ends the first of many calls would look refused by a limit.
 */
export function createRefusalShare(): RefusalShare {
  const numbers: number[] = [];
  return {
    refused(number) {
      const after = numbers.findIndex((other) => other > number);
      numbers.splice(after < 0 ? numbers.length : after, 0, number);
      if (numbers.length > MEMORY) numbers.shift();
    },
    evidence() {
      let sum = 0;
      let last = 0;
      for (const number of numbers) {
        sum = 1 + Math.max(0, sum - PER_OTHER_CALL * (number - last - 1));
        last = number;
      }
      return sum;
    },
  };
}
