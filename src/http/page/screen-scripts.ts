/** The modules of the workbench's screens by their addresses, as web/src/app/router.ts loads them. */
export const SCREEN_MODULES: { readonly [address: string]: readonly string[] } = {
  '/': ['batches/batches-screen.tsx'],
  '/batches': ['batches/batches-screen.tsx'],
  '/batches/$id': ['batch/batch-layout.tsx', 'batch/rows-screen.tsx'],
  '/batches/$id/rows': ['batch/batch-layout.tsx', 'batch/rows-screen.tsx', 'batch/map/row-map.tsx'],
  '/batches/$id/rows/$row': ['batch/batch-layout.tsx', 'batch/row/row-screen.tsx'],
  '/batches/$id/flow': ['batch/batch-layout.tsx', 'batch/flow-screen.tsx'],
  '/new': ['wizard/new-batch.tsx'],
  '/new/$draftId': ['wizard/wizard-layout.tsx', 'wizard/data-step.tsx'],
  '/new/$draftId/data': ['wizard/wizard-layout.tsx', 'wizard/data-step.tsx'],
  '/new/$draftId/columns': ['wizard/wizard-layout.tsx', 'wizard/columns-step.tsx'],
  '/new/$draftId/prompt': ['wizard/wizard-layout.tsx', 'wizard/prompt-step.tsx'],
  '/new/$draftId/schema': ['wizard/wizard-layout.tsx', 'wizard/schema-step.tsx'],
  '/new/$draftId/review': ['wizard/wizard-layout.tsx', 'wizard/review-step.tsx'],
  '/queues': ['queues/queues-screen.tsx'],
  '/monitor': ['monitor/monitor-screen.tsx'],
  '/schedules': ['schedules/schedules-screen.tsx'],
  '/schedules/$name': ['schedules/schedule-screen.tsx'],
  '/alerts': ['alerts/alerts-screen.tsx'],
  '/workers': ['workers/workers-screen.tsx'],
  '/agents': ['agents/agents-screen.tsx'],
  '/agents/$name': ['agents/agent-screen.tsx'],
  '/settings': ['settings/settings-screen.tsx'],
};
const PATTERNS = Object.entries(SCREEN_MODULES).map(
  ([address, modules]) => [new RegExp(`^${address.replaceAll(/\$\w+/g, '[^/]+')}/?$`), modules] as const,
);

/** The build's manifest: modules with the files that they are in and what they import at once. */
export type PageManifest = { readonly [module: string]: { file: string; imports?: readonly string[] } | undefined };

/**
 * The scripts of the screen at a path, beside those that the document names: a browser reads them together with the
 * document's, and not when these have found out which screen is shown.
 */
export function screenScripts(manifest: PageManifest, path: string): string[] {
  const modules = PATTERNS.find(([pattern]) => pattern.test(path))?.[1] ?? [];
  const own = filesOf(manifest, ['index.html']);
  return [
    ...filesOf(
      manifest,
      modules.map((name) => `src/screens/${name}`),
    ),
  ].filter((file) => !own.has(file));
}

function filesOf(manifest: PageManifest, modules: readonly string[], found = new Set<string>()): Set<string> {
  for (const name of modules) {
    const chunk = manifest[name];
    if (chunk === undefined || found.has(chunk.file)) continue;
    found.add(chunk.file);
    filesOf(manifest, chunk.imports ?? [], found);
  }
  return found;
}
