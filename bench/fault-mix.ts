import { createHash } from 'node:crypto';

/** One fault of a call to the bench's server: a status, a broken connection, or an answer that is not usable. */
export type Fault = { kind: 'status'; line: string } | { kind: 'reset' } | { kind: 'wrong-type' } | { kind: 'text' };

/** The share of each fault in all calls, as measured at busy providers: 17 % in all. */
const MIX: readonly { share: number; fault: Fault }[] = [
  { share: 0.04, fault: { kind: 'status', line: '429 Too Many Requests\r\nretry-after: 1' } },
  { share: 0.03, fault: { kind: 'status', line: '529 Overloaded' } },
  { share: 0.03, fault: { kind: 'status', line: '500 Internal Server Error' } },
  { share: 0.02, fault: { kind: 'reset' } },
  { share: 0.03, fault: { kind: 'wrong-type' } },
  { share: 0.02, fault: { kind: 'text' } },
];

/** The faults of one client's calls, in order: always the same ones for a seed. */
export function createFaultMix(seed: number): () => Fault | undefined {
  let calls = 0;
  return () => {
    calls += 1;
    let drawn = createHash('md5').update(`${seed}/${calls}`).digest().readUInt32LE() / 2 ** 32;
    return MIX.find(({ share }) => {
      drawn -= share;
      return drawn < 0;
    })?.fault;
  };
}
