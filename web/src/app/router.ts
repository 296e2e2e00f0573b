import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { AppFrame } from './app-frame.tsx';
import { ScreenError } from './screen-error.tsx';
import { count, list, oneOf, parseSearch, searchParams, stringifySearch, text } from './search-params.ts';

interface Everywhere {
  chat?: string | undefined;
}

const chatOf = text();

/** A link that does not name the chat leaves it as it is; one that names it without a value closes it. */
function everywhere(search: Record<string, unknown>): Everywhere {
  return 'chat' in search ? { chat: chatOf(search['chat']) } : {};
}

/** The chat stays open from screen to screen, until a link says otherwise. */
function keepChat({ search, next }: { search: Everywhere; next: (search: Everywhere) => Everywhere }): Everywhere {
  const found = next(search);
  return 'chat' in found ? found : { ...found, chat: search.chat };
}

const root = createRootRoute({
  validateSearch: everywhere,
  search: { middlewares: [keepChat] },
  component: AppFrame,
  notFoundComponent: lazyRouteComponent(() => import('./not-found.tsx'), 'NotFound'),
});

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/batches', replace: true });
  },
});

const batches = createRoute({
  getParentRoute: () => root,
  path: '/batches',
  validateSearch: searchParams({
    state: oneOf(['running', 'needs-you', 'completed', 'failed', 'cancelled']),
    agent: text(),
    q: text(),
    sort: oneOf(['-created', 'created']),
  }),
  component: lazyRouteComponent(() => import('../screens/batches/batches-screen.tsx'), 'BatchesScreen'),
});

const batch = createRoute({
  getParentRoute: () => root,
  path: '/batches/$id',
  component: lazyRouteComponent(() => import('../screens/batch/batch-layout.tsx'), 'BatchLayout'),
});
const batchHome = createRoute({
  getParentRoute: () => batch,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/batches/$id/rows', params, replace: true });
  },
});
const rowsSearch = searchParams({
  status: oneOf(['queued', 'running', 'succeeded', 'failed', 'not_run']),
  error: text(),
  q: text(),
  sort: oneOf(['row', '-row', 'time', '-time', 'status', '-status']),
  cols: list(),
  row: count(),
  map: oneOf(['table']),
  tab: oneOf(['trace', 'payload', 'row', 'prompt']),
});
type Rows = ReturnType<typeof rowsSearch> & Everywhere;

/** The chat and the panel of a row take the same place: the one that is opened closes the other. */
function onePanel({ search, next }: { search: Rows; next: (search: Rows) => Rows }): Rows {
  const found = next(search);
  if (found.row !== undefined && found.row !== search.row) return { ...found, chat: undefined };
  if (found.chat !== undefined && search.chat === undefined) return { ...found, row: undefined, tab: undefined };
  return found;
}
const rows = createRoute({
  getParentRoute: () => batch,
  path: 'rows',
  validateSearch: rowsSearch,
  search: { middlewares: [onePanel] },
  component: lazyRouteComponent(() => import('../screens/batch/rows-screen.tsx'), 'RowsScreen'),
});
const row = createRoute({
  getParentRoute: () => batch,
  path: 'rows/$row',
  validateSearch: searchParams({ tab: oneOf(['trace', 'payload', 'row', 'prompt']) }),
  component: lazyRouteComponent(() => import('../screens/batch/row/row-screen.tsx'), 'RowScreen'),
});
const flow = createRoute({
  getParentRoute: () => batch,
  path: 'flow',
  validateSearch: searchParams({ state: text() }),
  component: lazyRouteComponent(() => import('../screens/batch/flow-screen.tsx'), 'FlowScreen'),
});

const newBatch = createRoute({
  getParentRoute: () => root,
  path: '/new',
  component: lazyRouteComponent(() => import('../screens/wizard/new-batch.tsx'), 'NewBatch'),
});
const draft = createRoute({
  getParentRoute: () => root,
  path: '/new/$draftId',
  component: lazyRouteComponent(() => import('../screens/wizard/wizard-layout.tsx'), 'WizardLayout'),
});
const draftHome = createRoute({
  getParentRoute: () => draft,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/new/$draftId/data', params, replace: true });
  },
});
const dataStep = createRoute({
  getParentRoute: () => draft,
  path: 'data',
  component: lazyRouteComponent(() => import('../screens/wizard/data-step.tsx'), 'DataStep'),
});
const columnsStep = createRoute({
  getParentRoute: () => draft,
  path: 'columns',
  validateSearch: searchParams({ q: text() }),
  component: lazyRouteComponent(() => import('../screens/wizard/columns-step.tsx'), 'ColumnsStep'),
});
const promptStep = createRoute({
  getParentRoute: () => draft,
  path: 'prompt',
  validateSearch: searchParams({ row: count() }),
  component: lazyRouteComponent(() => import('../screens/wizard/prompt-step.tsx'), 'PromptStep'),
});
const schemaStep = createRoute({
  getParentRoute: () => draft,
  path: 'schema',
  validateSearch: searchParams({ view: oneOf(['fields', 'json']) }),
  component: lazyRouteComponent(() => import('../screens/wizard/schema-step.tsx'), 'SchemaStep'),
});
const reviewStep = createRoute({
  getParentRoute: () => draft,
  path: 'review',
  validateSearch: searchParams({ form: oneOf(['schedule']) }),
  component: lazyRouteComponent(() => import('../screens/wizard/review-step.tsx'), 'ReviewStep'),
});

const queues = createRoute({
  getParentRoute: () => root,
  path: '/queues',
  validateSearch: searchParams({
    agent: text(),
    state: oneOf(['waiting', 'queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired']),
    job: text(),
    form: oneOf(['enqueue']),
  }),
  component: lazyRouteComponent(() => import('../screens/queues/queues-screen.tsx'), 'QueuesScreen'),
});
const schedules = createRoute({
  getParentRoute: () => root,
  path: '/schedules',
  validateSearch: searchParams({ form: oneOf(['new']) }),
  component: lazyRouteComponent(() => import('../screens/schedules/schedules-screen.tsx'), 'SchedulesScreen'),
});
const schedule = createRoute({
  getParentRoute: () => root,
  path: '/schedules/$name',
  validateSearch: searchParams({ state: oneOf(['succeeded', 'failed']), form: oneOf(['edit']) }),
  component: lazyRouteComponent(() => import('../screens/schedules/schedule-screen.tsx'), 'ScheduleScreen'),
});

const monitor = createRoute({
  getParentRoute: () => root,
  path: '/monitor',
  validateSearch: searchParams({
    range: oneOf(['1h', '24h', '30d', 'year']),
    tables: list(),
    ledger: text(),
    of: text(),
    basis: oneOf(['year']),
  }),
  component: lazyRouteComponent(() => import('../screens/monitor/monitor-screen.tsx'), 'MonitorScreen'),
});
const alerts = createRoute({
  getParentRoute: () => root,
  path: '/alerts',
  validateSearch: searchParams({ tab: oneOf(['alerts', 'rules']), state: oneOf(['open', 'resolved']) }),
  component: lazyRouteComponent(() => import('../screens/alerts/alerts-screen.tsx'), 'AlertsScreen'),
});

const workers = createRoute({
  getParentRoute: () => root,
  path: '/workers',
  component: lazyRouteComponent(() => import('../screens/workers/workers-screen.tsx'), 'WorkersScreen'),
});

const agents = createRoute({
  getParentRoute: () => root,
  path: '/agents',
  validateSearch: searchParams({ q: text() }),
  component: lazyRouteComponent(() => import('../screens/agents/agents-screen.tsx'), 'AgentsScreen'),
});
const agent = createRoute({
  getParentRoute: () => root,
  path: '/agents/$name',
  validateSearch: searchParams({ version: text(), tab: oneOf(['definition', 'versions', 'try']) }),
  component: lazyRouteComponent(() => import('../screens/agents/agent-screen.tsx'), 'AgentScreen'),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  validateSearch: searchParams({ tab: oneOf(['general', 'keys', 'limits', 'prices']) }),
  component: lazyRouteComponent(() => import('../screens/settings/settings-screen.tsx'), 'SettingsScreen'),
});

const routeTree = root.addChildren([
  home,
  batches,
  batch.addChildren([batchHome, rows, row, flow]),
  newBatch,
  draft.addChildren([draftHome, dataStep, columnsStep, promptStep, schemaStep, reviewStep]),
  ...[queues, monitor, schedules, schedule, alerts],
  ...[workers, agents, agent, settings],
]);

/** The addresses of the workbench. Each screen is loaded when it is opened. */
export const router = createRouter({
  routeTree,
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultErrorComponent: ScreenError,
  scrollRestoration: false,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
