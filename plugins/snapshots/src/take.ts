import {
  type ComponentState,
  type Config,
  type JsonObject,
  overallVersion,
  type RunContext,
  type RunOutcome,
  type Snapshot,
  SUITES,
  type SuiteName,
  uniqueId,
  userName,
} from '@ship/core';

/** Takes a snapshot of what is live after a verified success. */
export async function takeSnapshot(outcome: RunOutcome, run: RunContext): Promise<Snapshot> {
  const components = await run.describeComponents();
  const now = new Date();
  return {
    format: 1,
    id: `snapshot-${uniqueId(now)}`,
    project: run.project,
    environment: run.environment,
    timestamp: now.toISOString(),
    version: overallVersion(run.plan, run.facts),
    git_sha: run.facts.sha ?? null,
    run: run.run,
    components,
    terraform: null,
    helm_values: null,
    migrations: null,
    config: configOf(run.config),
    verification: verificationOf(outcome),
    rollback_safe: isSafe(outcome, components),
    created_by: userName(),
    notes: run.facts.dirty === 'true' ? ['the working tree had uncommitted changes'] : [],
  };
}

/** What of the config goes back with the code: the components as they were, and the checks they passed. */
function configOf({ components, verify }: Config): JsonObject {
  return JSON.parse(JSON.stringify({ components, verify })) as JsonObject;
}

function verificationOf({ verification }: RunOutcome): Record<SuiteName, boolean | null> {
  const of = (suite: SuiteName) => (verification[suite] === undefined ? null : verification[suite].outcome === 'passed');
  return Object.fromEntries(SUITES.map((suite) => [suite, of(suite)])) as Record<SuiteName, boolean | null>;
}

/** Safe to go back to: what had to pass has passed, and every component is healthy. */
function isSafe({ verification }: RunOutcome, components: Readonly<Record<string, ComponentState>>): boolean {
  const failed = (['smoke', 'acceptance', 'security'] as const).some((suite) => verification[suite]?.outcome === 'failed');
  return !failed && Object.values(components).every(({ healthy }) => healthy);
}
