import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { createFixtureServer, recordTo } from './mcp-fixture.ts';

serveStdio(() => createFixtureServer(recordTo(process.env['CALLS_FILE'])));
