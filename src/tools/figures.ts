/** Dollars with as many digits as a small sum needs. */
export function dollars(amount: number): string {
  return `$${amount.toFixed(amount !== 0 && Math.abs(amount) < 1 ? 4 : 2)}`;
}

/** A count with thousands separators. */
export function number(count: number): string {
  return count.toLocaleString('en-GB');
}
