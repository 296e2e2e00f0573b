import { describe, expect, it } from 'vitest';
import type { StoreBench } from './store-bench.ts';

export function testSavedAgents({ store, openAnother }: StoreBench): void {
  describe('saved agents', () => {
    it('get a new version with each other definition, and none with the same', async () => {
      const save = (prompt: string, at: number) => store().saveAgent({ name: 'topic', definition: { prompt }, at });
      expect(await save('a', 1)).toEqual({ name: 'topic', version: 1, definition: { prompt: 'a' }, createdAt: 1 });
      expect(await save('a', 2)).toMatchObject({ version: 1, createdAt: 1 });
      expect(await save('b', 3)).toMatchObject({ version: 2 });
      expect(await save('a', 4)).toMatchObject({ version: 3 });
    });

    it('are removed by version, or all of a name', async () => {
      for (const prompt of ['a', 'b', 'c']) await store().saveAgent({ name: 'gone', definition: { prompt }, at: 1 });
      await store().saveAgent({ name: 'stays', definition: {}, at: 1 });
      expect(await store().removeAgent('gone', 2)).toBe(1);
      expect(await store().removeAgent('gone', 2)).toBe(0);
      const listed = async () => (await store().listSavedAgents()).map(({ name, version }) => `${name}@v${version}`);
      expect(await listed()).toEqual(['gone@v3', 'gone@v1', 'stays@v1']);
      expect(await store().removeAgent('gone')).toBe(2);
      expect(await listed()).toEqual(['stays@v1']);
    });

    it('are listed by name with the newest version first, in every process', async () => {
      await store().saveAgent({ name: 'b', definition: { n: 1 }, at: 1 });
      await store().saveAgent({ name: 'a', definition: { n: 1 }, at: 2 });
      await store().saveAgent({ name: 'a', definition: { n: 2 }, at: 3 });
      const listed = await (await openAnother()).listSavedAgents();
      expect(listed.map(({ name, version }) => `${name}@v${version}`)).toEqual(['a@v2', 'a@v1', 'b@v1']);
    });
  });
}
