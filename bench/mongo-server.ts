import { startMemoryServer } from '../test/support/mongo-memory/memory-server.ts';

// A server for collections, as its own process: prints its URI on the first line.
const { uri } = await startMemoryServer();
process.stdout.write(`${uri}\n`);
