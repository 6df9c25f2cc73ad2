import { journalGroup } from './journal.mjs';
import { kubernetesGroup } from './kubernetes.mjs';
import { migrationsGroup } from './migrations.mjs';
import { rollbackGroup } from './rollback.mjs';
import { rssGroup } from './rss.mjs';
import { startGroup } from './start.mjs';
import { stepGroup } from './step.mjs';

/** By the name that `npm run bench -- NAME` gives. */
export const GROUPS = {
  start: startGroup,
  step: stepGroup,
  journal: journalGroup,
  rss: rssGroup,
  rollback: rollbackGroup,
  migrations: migrationsGroup,
  kubernetes: kubernetesGroup,
};
