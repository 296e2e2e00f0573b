import { type Folders, startApp, talk } from './conversation-app.ts';

// A process of its own that takes one message, to be killed: it writes each event as a line of JSON.
const [argument = ''] = process.argv.slice(2);
const { folders, message } = JSON.parse(argument) as {
  folders: Folders;
  message: { message: string; conversationId?: string };
};
const running = await startApp(folders);
await talk(running.app, message, (event) => process.stdout.write(`${JSON.stringify(event)}\n`) || true);
await running.close();
