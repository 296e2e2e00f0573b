// Who may import whom, for dependency-cruiser (`npm run check:imports`). The table stands here and, for readers, in
// ARCHITECTURE.md; test/rules/imports.test.ts compares the two and breaks each kind of rule.

interface Rule {
  name: string;
  comment: string;
  severity: 'error';
  from: { path?: string; pathNot?: string[] };
  to: {
    path?: string;
    pathNot?: string[];
    circular?: boolean;
    couldNotResolve?: boolean;
    dependencyTypesNot?: 'type-only'[];
  };
}

/** Names for what stands in many lines of the table. */
export const GROUPS: { [name: string]: string[] } = {
  'low rooms': ['base', 'protocol', 'expressions', 'telemetry'],
  // What a provider is and which there are, without the code that calls one.
  'provider contracts': ['providers/provider', 'providers/descriptor', 'providers/catalog'],
  'table contracts': ['tables/table', 'tables/cell', 'tables/reading', 'tables/row-source', 'tables/row-writer'],
  'storage contracts': [
    'storage/store',
    'storage/agents',
    'storage/alerts',
    'storage/answer-index',
    'storage/audit',
    'storage/batches',
    'storage/cache',
    'storage/conversations',
    'storage/drafts',
    'storage/idempotency',
    'storage/jobs',
    'storage/journal',
    'storage/keys',
    'storage/leases',
    'storage/overview',
    'storage/provider-jobs',
    'storage/rows',
    'storage/schedules',
    'storage/spending',
    'storage/uploads',
    'storage/usage',
    'storage/written',
  ],
};

const RUNNER = [
  'low rooms',
  'fleet',
  'agent/definition',
  'provider contracts',
  'providers/lanes/call-lane',
  'providers/lanes/lane',
  'providers/prices/prices',
  'providers/prices/batch-prices',
  'providers/provider-jobs/batch-api',
  'table contracts',
  'storage contracts',
];
const JOBS = [
  'low rooms',
  'runner/contract',
  'runner/runner',
  'runner/require-scope',
  'runner/intake/money/share-cap',
  'runner/intake/standing/standing-batch',
  'storage contracts',
];
const TOOLS = [
  'low rooms',
  'jobs',
  'monitoring',
  'schedules',
  'agent/tool',
  'agent/definition',
  'runner',
  'registry',
  'table contracts',
  'storage contracts',
];
const SCHEDULES = [
  'low rooms',
  'jobs',
  'access/audit',
  'runner/contract',
  'runner/runner',
  'runner/require-scope',
  'runner/intake/money/share-cap',
  'table contracts',
  'storage contracts',
];
const FACE = [
  'low rooms',
  'tools',
  'agent',
  'registry',
  'runner',
  'access',
  'jobs',
  'monitoring',
  'schedules',
  'table contracts',
  'provider contracts',
  'storage contracts',
  'uploads',
];

/**
 * By folder of `src/`: the folders, files (without extension) and groups that it may import, beside itself. `app/` and
 * `main.ts` may import everything, and no line names them.
 */
export const IMPORTS: { [room: string]: string[] } = {
  base: [],
  client: [],
  protocol: ['base'],
  expressions: ['base'],
  telemetry: ['base', 'protocol'],
  providers: ['low rooms'],
  tables: ['low rooms'],
  storage: ['low rooms'],
  agent: ['low rooms', 'provider contracts'],
  registry: ['low rooms', 'agent/definition', 'agent/tools', 'provider contracts'],
  runner: RUNNER,
  fleet: ['base'],
  worker: [
    'low rooms',
    'fleet',
    'agent/definition',
    'provider contracts',
    'providers/lanes/call-lane',
    'providers/prices/prices',
    'runner/execution/fleet',
    'runner/rows',
    'tables/table',
    'storage/journal',
  ],
  uploads: ['low rooms', 'runner/contract', 'storage contracts'],
  access: [
    'low rooms',
    'runner/contract',
    'runner/runner',
    'storage contracts',
    'tools/execute/confirmations',
    'jobs/jobs',
    'uploads',
  ],
  jobs: JOBS,
  monitoring: ['low rooms', 'runner/contract', 'runner/require-scope', 'storage contracts'],
  schedules: SCHEDULES,
  tools: TOOLS,
  mcp: FACE,
  http: FACE,
  cli: [...FACE, 'client', 'providers/bedrock/bedrock-variables', 'providers/bedrock/output-limits'],
};

/** A pattern for a folder of `src/`, or for one file of it. */
const filesOf = (room: string): string => `^src/${room}(/|\\.ts$)`;

const rooms = Object.entries(IMPORTS).map(([room, allowed]): Rule => {
  const named = allowed.flatMap((one) => GROUPS[one] ?? [one]);
  return {
    name: `imports of ${room}`,
    comment: `src/${room}/ may import ${named.length === 0 ? 'nothing of ours' : named.join(', ')}.`,
    severity: 'error',
    from: { path: filesOf(room) },
    to: { path: '^src/', pathNot: [room, ...named].map(filesOf) },
  };
});

const forbidden: Rule[] = [
  ...rooms,
  {
    name: 'rooms in the table',
    comment: 'Every folder of src/ but app/ has a line in the table of imports.config.ts.',
    severity: 'error',
    from: { path: '^src/', pathNot: ['app', 'main', ...Object.keys(IMPORTS)].map(filesOf) },
    to: {},
  },
  {
    name: 'no cycles',
    comment: 'Files import each other in one direction, types included.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'only sources',
    comment: 'src/ imports no test, script or bench.',
    severity: 'error',
    from: { path: '^src/' },
    to: { path: '^(test|bench|scripts|bin)/' },
  },
  {
    name: 'imports of the workbench',
    comment: 'web/ talks to the REST interface alone: of everything else it may import only the client of it.',
    severity: 'error',
    from: { path: '^web/' },
    to: { path: '^(src|test|bench|scripts|bin)/', pathNot: ['^src/client/'] },
  },
  {
    name: 'types of the client',
    comment: 'src/client/api.ts is types alone: web/ imports nothing that runs from it.',
    severity: 'error',
    from: { path: '^web/' },
    to: { path: '^src/client/api\\.ts$', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'nobody imports the workbench',
    comment: 'The server serves the built page; it knows nothing of its sources.',
    severity: 'error',
    from: { path: '^src/' },
    to: { path: '^web/' },
  },
  { name: 'found', comment: 'What is imported exists.', severity: 'error', from: {}, to: { couldNotResolve: true } },
];

export default {
  forbidden,
  options: {
    // TypeScript 7 has no API that dependency-cruiser could read with; swc parses the sources, type imports included.
    parser: 'swc' as const,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
    doNotFollow: { path: 'node_modules' },
  },
};
