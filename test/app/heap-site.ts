import { getHeapSpaceStatistics } from 'node:v8';
import { boundHeap } from '../../src/app/heap.ts';

// Fills the young generation with objects that survive, which makes it grow. Prints what one half can hold, in bytes.
boundHeap();
const kept: unknown[] = [];
for (let turn = 0; turn < 300; turn += 1) {
  for (let made = 0; made < 20_000; made += 1) kept.push({ turn, made: [made] });
  if (kept.length > 200_000) kept.length = 0;
  await new Promise((go) => setImmediate(go));
}
const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
process.stdout.write(String((young?.space_used_size ?? 0) + (young?.space_available_size ?? 0)));
