/** Two-sided 95 % quantiles of Student's t for 1, 2, … degrees of freedom; beyond them 2 is close enough. */
const T_95 = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13];

/** How many standard errors from its mean a sum is in 95 of 100 cases, with so many degrees of freedom. */
export function tQuantile(degrees: number): number {
  return T_95[degrees - 1] ?? 2;
}
