import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';

/** A command of the program. Help shows it without its module, which is loaded when the command is run. */
export interface CommandEntry {
  /** Its name and, in the form of help, its arguments. */
  usage: string;
  /** The heading of the help under which it stands. */
  group: string;
  description: string;
  isHidden?: boolean;
  /** Why it does not work with `--server`, as a sentence that goes on after "this machine only:". */
  localBecause?: string;
  /** Loads the module that gives a command its arguments, options and action. */
  load: () => Promise<(command: Command, context: CommandContext) => void>;
}

/** The commands, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    usage: 'demo',
    localBecause: 'it runs on bundled data in a folder of its own',
    group: 'Start here:',
    description: 'Watch a complete batch run on bundled data; no key needed',
    load: async () => (await import('./demo.ts')).addDemoCommand,
  },
  {
    usage: 'chat',
    group: 'Start here:',
    description: 'Say in your own words what to do with a table',
    load: async () => (await import('./chat.ts')).addChatCommand,
  },
  {
    usage: 'analyze <table>',
    group: 'Work on tables:',
    description: 'Show what is in a table: rows, columns, types, samples',
    load: async () => (await import('./analyze.ts')).addAnalyzeCommand,
  },
  {
    usage: 'preview <table>',
    group: 'Work on tables:',
    description: 'Show rows of a table at any place, or what one row sends to the model',
    load: async () => (await import('./preview.ts')).addPreviewCommand,
  },
  {
    usage: 'tokens <text>',
    group: 'Work on tables:',
    description: 'Count the tokens of a text',
    load: async () => (await import('./tokens.ts')).addTokensCommand,
  },
  {
    usage: 'agents',
    group: 'Work on tables:',
    description: 'List agents, show one, check one against a table, suggest, define and delete one',
    load: async () => (await import('./agents/agents.ts')).addAgentsCommands,
  },
  {
    usage: 'prices [models...]',
    group: 'Work on tables:',
    description: 'Show what models cost, in real time and by the batch API',
    load: async () => (await import('./prices.ts')).addPricesCommand,
  },
  {
    usage: 'try [agent] [message]',
    group: 'Work on tables:',
    description: 'Run an agent once and show its trace with the cost',
    load: async () => (await import('./try.ts')).addTryCommand,
  },
  {
    usage: 'run <table>',
    group: 'Work on tables:',
    description: 'Run an agent over every row of a table',
    load: async () => (await import('./run.ts')).addRunCommand,
  },
  {
    usage: 'mongo',
    localBecause: 'it writes to the MongoDB that ROWMILL_MONGODB_URI of this machine names',
    group: 'Work on tables:',
    description: 'Put documents into a collection of MongoDB, to run an agent over it',
    load: async () => (await import('./mongo/mongo.ts')).addMongoCommands,
  },
  {
    usage: 'bedrock-processing',
    localBecause: 'its folders and variables are those of a container',
    group: 'Work on tables:',
    description: 'Run a Bedrock processing job: its folders and environment variables',
    load: async () => (await import('./bedrock-processing.ts')).addBedrockProcessingCommand,
  },
  {
    usage: 'batches',
    group: 'Work on tables:',
    description: 'Show, change, pause, resume, cancel, retry, export and delete batches; collect rows',
    load: async () => (await import('./batches/batches.ts')).addBatchesCommands,
  },
  {
    usage: 'jobs',
    group: 'Work on tables:',
    description: 'Enqueue single inputs for agents, and show, cancel and move them',
    load: async () => (await import('./jobs/jobs.ts')).addJobsCommands,
  },
  {
    usage: 'queues',
    group: 'Work on tables:',
    description: 'Show the queues of waiting jobs, and process them',
    load: async () => (await import('./jobs/queues.ts')).addQueuesCommands,
  },
  {
    usage: 'schedules',
    group: 'Work on tables:',
    description: 'Show, add, change, start, stop and trigger what the server starts by itself',
    load: async () => (await import('./schedules/schedules.ts')).addSchedulesCommands,
  },
  {
    usage: 'uploads',
    group: 'Work on tables:',
    description: 'Add, show and delete the files that clients sent to the server',
    load: async () => (await import('./uploads/uploads.ts')).addUploadsCommands,
  },
  {
    usage: 'drafts',
    group: 'Work on tables:',
    description: 'Keep, show, change and delete batch requests in the making, which the workbench opens',
    load: async () => (await import('./drafts/drafts.ts')).addDraftsCommands,
  },
  {
    usage: 'conversations',
    group: 'Work on tables:',
    description: 'Show what was said to the orchestrator',
    load: async () => (await import('./conversations/conversations.ts')).addConversationsCommands,
  },
  {
    usage: 'savings',
    group: 'Work on tables:',
    description: 'Show what batch APIs and the cache saved against the standard price',
    load: async () => (await import('./savings.ts')).addSavingsCommand,
  },
  {
    usage: 'report',
    group: 'Work on tables:',
    description: 'Write what was run in a period and what it cost, as Markdown, HTML or JSON',
    load: async () => (await import('./report.ts')).addReportCommand,
  },
  {
    usage: 'serve',
    localBecause: 'it is the server of the data directory of this machine',
    group: 'Serve other programs:',
    description: 'Serve chat and MCP over HTTP, and run batches',
    load: async () => (await import('./serve.ts')).addServeCommand,
  },
  {
    usage: 'worker',
    localBecause: 'it takes its rows from Redis (ROWMILL_REDIS_URL), not from a server',
    group: 'Serve other programs:',
    description: 'Run rows for batches of other machines, as a worker of a fleet',
    load: async () => (await import('./fleet/worker.ts')).addWorkerCommand,
  },
  {
    usage: 'workers',
    group: 'Serve other programs:',
    description: 'List the workers of the fleet: tags, load, rows, version, and what each lacks',
    load: async () => (await import('./fleet/workers.ts')).addWorkersCommands,
  },
  {
    usage: 'alerts',
    group: 'Serve other programs:',
    description: 'List what is wrong with the service, and acknowledge it',
    load: async () => (await import('./alerts/alerts.ts')).addAlertsCommands,
  },
  {
    usage: 'monitor',
    group: 'Serve other programs:',
    description: 'Show what is going on, and calls, cost and load over time',
    load: async () => (await import('./monitor/monitor.ts')).addMonitorCommands,
  },
  {
    usage: 'settings',
    group: 'Serve other programs:',
    description: 'Show the limits, and which providers can be called, without secrets',
    load: async () => (await import('./settings.ts')).addSettingsCommand,
  },
  {
    usage: 'audit',
    group: 'Serve other programs:',
    description: 'Show who started, changed and deleted what',
    load: async () => (await import('./audit.ts')).addAuditCommand,
  },
  {
    usage: 'keys',
    group: 'Serve other programs:',
    description: 'List, make and revoke the keys of clients',
    load: async () => (await import('./keys/keys.ts')).addKeysCommands,
  },
  {
    usage: 'confirm <code>',
    group: 'Serve other programs:',
    description: 'Agree to spending that a model asked for through MCP',
    load: async () => (await import('./confirm.ts')).addConfirmCommand,
  },
  {
    usage: 'mcp',
    localBecause: 'MCP clients reach a server at URL/mcp without it',
    group: 'Serve other programs:',
    description: 'Serve MCP over stdin and stdout, for Claude Desktop and similar clients',
    load: async () => (await import('./mcp.ts')).addMcpCommand,
  },
  {
    usage: 'runner',
    localBecause: 'it drives the batches of the data directory of this machine',
    group: 'Serve other programs:',
    description: 'Drive the batches that no process drives, until none is left',
    isHidden: true,
    load: async () => (await import('./runner.ts')).addRunnerCommand,
  },
];
