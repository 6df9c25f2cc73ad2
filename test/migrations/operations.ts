import { type Draw, type Model, pick } from './base.js';
import { addColumn, changeDefault, changeIdentity, changeNotNull, changeType, dropColumn, renameColumn } from './column-steps.js';
import type { Place, Step } from './step.js';
import {
  addConstraint,
  changeIndex,
  changeRights,
  changeRows,
  createTable,
  dropConstraint,
  dropTable,
  renameTable,
} from './table-steps.js';
import { changeEnum, changeFunction, changeSequence, changeView } from './thing-steps.js';

/** Those that old code gets along with come more often: what blocks hides what comes beside it. */
const OPERATIONS: readonly ((place: Place) => Step | undefined)[] = [
  ...[addColumn, addColumn, addColumn, addColumn, addColumn, createTable, createTable, createTable, changeView, changeView],
  ...[changeFunction, changeFunction, changeIndex, changeIndex, changeDefault, changeDefault, changeDefault, renameTable, renameTable],
  ...[dropConstraint, dropConstraint, addConstraint, addConstraint, changeSequence, changeType, changeType, changeNotNull],
  ...[renameColumn, changeEnum, changeRows, changeRights, changeIdentity, dropColumn, dropTable],
];

/** One that is valid on the schema as it is now, as far as this is known without trying; it changes the model. */
export function drawStep(draw: Draw, model: Model, number: number): Step {
  for (let tries = 0; tries < 20; tries++) {
    const table = pick(draw, model.tables);
    const column = table === undefined || table.columns.length === 0 ? undefined : pick(draw, table.columns);
    const step = column === undefined ? undefined : pick(draw, OPERATIONS)({ draw, model, table, column, fresh: `x${number}` });
    if (step !== undefined) return step;
  }
  return { up: ['SELECT 1'], down: ['SELECT 1'] };
}
