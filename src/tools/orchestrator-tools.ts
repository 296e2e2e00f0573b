import type { Jobs } from '../jobs/jobs.ts';
import type { Monitoring } from '../monitoring/monitoring.ts';
import type { Registry } from '../registry/registry.ts';
import type { Runner } from '../runner/runner.ts';
import type { Schedules } from '../schedules/schedules.ts';
import type { Tables } from '../tables/table.ts';
import { createAnalyzeTool } from './analyze-csv-structure.ts';
import type { Confirmations } from './execute/confirmations.ts';
import { createExecuteTool } from './execute/execute-batch-processor.ts';
import { createResultsTool } from './get-batch-results.ts';
import { createMonitorTool } from './monitor-batch-execution.ts';
import type { OrchestratorTool } from './orchestrator-tool.ts';
import { createValidateTool } from './validate-agent-compatibility.ts';

export interface OrchestratorToolParts {
  runner: Runner;
  jobs: Jobs;
  monitoring: Monitoring;
  schedules: Schedules;
  registry: Registry;
  tables: Tables;
  /** Makes sure that a process drives the ready batches: the supervisor in serve, the detached runner in mcp. */
  onBatchReady: () => Promise<void>;
  /** A person has to agree to a cost above this many dollars; 0: always. */
  confirmAboveUsd: number;
  confirmations: Confirmations;
  /** Resolves after `ms`; rejects when the signal fires. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The five tools, in the order in which they are used; the same objects serve the orchestrator and MCP clients. */
export function createOrchestratorTools(parts: OrchestratorToolParts): OrchestratorTool[] {
  return [
    createAnalyzeTool(parts),
    createValidateTool(parts),
    createExecuteTool(parts),
    createMonitorTool(parts),
    createResultsTool(parts),
  ];
}
