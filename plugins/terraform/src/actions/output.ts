import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Action, Json } from '@ship/core';
import { holdFor, keepText, keptText, type Parts } from '../applied.js';
import { openLive } from '../files/working-folder.js';
import { outputInput, type StackInput, stackOf } from '../stack.js';
import { findTool } from '../tool/tool.js';

interface OutputInput extends StackInput {
  readonly file?: string;
}

/** The key of what the file held; null where there was none. */
type Before = { readonly file: string | null } | null;

/** `terraform/output`: reads the outputs of a stack, and writes them into a file where one is named. */
export function outputAction({ options, objects }: Pick<Parts, 'options' | 'objects'>): Action<OutputInput, Before, Json> {
  return {
    input: outputInput,
    preview: (_ctx, { file, dir = options.dir }) => [
      { kind: file === undefined ? 'run' : 'update', what: `outputs of ${dir}${file === undefined ? '' : ` -> ${file}`}` },
    ],
    async capture(ctx, { file }) {
      const path = file === undefined ? undefined : resolve(ctx.dir, file);
      if (path === undefined) return null;
      const kept = existsSync(path) ? await keepText(ctx, objects, readFileSync(path)) : null;
      await holdFor(ctx, objects, `output-${ctx.step.id}`, kept === null ? [] : [kept]);
      return { file: kept };
    },
    async run(ctx, input) {
      const working = await openLive(ctx, { stack: stackOf(ctx, options, input), tool: await findTool(ctx, options.binary) });
      try {
        const outputs = await working.terraform.outputs();
        if (input.file !== undefined) writePrivately(resolve(ctx.dir, input.file), `${JSON.stringify(valuesOf(outputs), null, 2)}\n`);
        const open = Object.entries(outputs).filter(([, { sensitive }]) => !sensitive);
        for (const [name, { value }] of open) ctx.output({ stream: 'stdout', text: `${name} = ${ctx.redact(JSON.stringify(value))}\n` });
        return Object.fromEntries(open.map(([name, { value }]) => [name, value as Json]));
      } finally {
        working.close();
      }
    },
    async restore(ctx, before, _result, { file }) {
      if (before === null || file === undefined) return { changed: false, summary: 'only read' };
      const path = resolve(ctx.dir, file);
      if (before.file === null) rmSync(path, { force: true });
      else writePrivately(path, await keptText(ctx, objects, before.file));
      return { changed: true, summary: `${file} is as it was` };
    },
    describeUndo: ({ file }) => (file === undefined ? 'only reads' : `puts ${file} back`),
  };
}

const valuesOf = (outputs: Readonly<Record<string, { readonly value: unknown }>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));

/** Outputs may be secret, and a file that is there keeps the mode it has. */
function writePrivately(path: string, content: string | Buffer): void {
  writeFileSync(path, content, { mode: 0o600 });
  chmodSync(path, 0o600);
}
