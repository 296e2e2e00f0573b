import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { makePlace, ROWMILL, run, serve } from './rowmill-process.ts';

// A client that others wrote: it checks the schemas for portability, and its exit status tells what went wrong.
const require = createRequire(import.meta.url);
const manifest = require.resolve('@modelcontextprotocol/inspector/package.json');
const INSPECTOR = join(dirname(manifest), 'clients', 'launcher', 'build', 'index.js');

/** mcp-inspector in front of `rowmill mcp` or `rowmill serve`. */
export interface Inspector {
  /** Lists the tools and calls each of them. */
  callEachTool(era: string, transport: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts the server that mcp-inspector calls over HTTP. */
export async function openInspector(): Promise<Inspector> {
  const place = await makePlace();
  const server = await serve(place);

  function inspect(era: string, transport: string, args: string[]) {
    const target = transport === 'HTTP' ? [server.mcp, '--transport', 'http'] : [process.execPath, ROWMILL, 'mcp'];
    return run(
      [INSPECTOR, '--cli', '--protocol-era', era, ...args, ...(transport === 'HTTP' ? target : ['--', ...target])],
      {
        cwd: place.folder,
        env: { ...place.env, HOME: place.folder },
      },
    );
  }

  async function call(era: string, transport: string, tool: string, input: object) {
    const args = ['--method', 'tools/call', '--tool-name', tool, '--tool-args-json', JSON.stringify(input)];
    const { code, stdout, stderr } = await inspect(era, transport, args);
    return { code, result: code === 0 ? JSON.parse(stdout) : stderr };
  }

  return {
    async callEachTool(era, transport) {
      const listed = await inspect(era, transport, ['--strict', '--method', 'tools/list']);
      expect(listed.code, listed.stderr).toBe(0);
      expect(listed.stderr).not.toMatch(/Warning|Error/);
      expect(JSON.parse(listed.stdout).tools).toHaveLength(5);

      const table = { csv_uri: 'addresses.csv' };
      const started = await call(era, transport, 'execute_batch_processor', {
        ...table,
        target: { name: 'speed-checker' },
      });
      expect(started.code, started.result).toBe(0);
      const { batch_id } = started.result.structuredContent;
      const [analysed, validated, watched, refused] = await Promise.all([
        call(era, transport, 'analyze_csv_structure', table),
        call(era, transport, 'validate_agent_compatibility', { ...table, agent_name: 'speed-checker' }),
        call(era, transport, 'monitor_batch_execution', { batch_id, wait_seconds: 30 }),
        call(era, transport, 'get_batch_results', { batch_id: 'bat_none' }),
      ]);
      expect(analysed.result.structuredContent).toMatchObject({ row_count: 3 });
      expect(validated.result.structuredContent).toMatchObject({ compatible: true });
      expect(watched.result.structuredContent).toMatchObject({ status: 'completed' });
      expect(refused.code).toBe(5);
      const results = await call(era, transport, 'get_batch_results', { batch_id });
      expect(results.result.structuredContent.rows).toHaveLength(3);
    },
    async close() {
      await server.close();
      await place.close();
    },
  };
}
