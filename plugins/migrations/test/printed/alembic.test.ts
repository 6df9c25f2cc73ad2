import { describe, expect, it } from 'vitest';
import { withPrinted } from '../../src/printed/index.js';
import type { Printing } from '../../src/printed/printer.js';
import { alembic } from '../../src/readers/alembic.js';
import { folderOf } from '../readers/folder.js';

const revision = (id: string, before: string | undefined, up = `op.drop_table('${id}')`, down = `op.execute('${id}')`) =>
  `from alembic import op\nrevision = '${id}'\ndown_revision = ${before === undefined ? 'None' : `'${before}'`}\ndef upgrade():\n    ${up}\ndef downgrade():\n    ${down}\n`;

const record = (id: string) => `UPDATE alembic_version SET version_num='${id}' WHERE alembic_version.version_num = 'x';\n\n`;
const part = (from: string, to: string, text: string) => `-- Running upgrade ${from} -> ${to}\n\n${text}\n\n${record(to)}`;
const whole = (...parts: string[]) => `BEGIN;\n\n${parts.join('')}COMMIT;\n\n`;

/** Three revisions, and an Alembic that answers what is given; `asked` has what it was asked for. */
function given(answer: (words: string) => string | undefined, files: Record<string, string> = {}) {
  const folder = folderOf({ 'a.py': revision('a', undefined), 'b.py': revision('b', 'a'), 'c.py': revision('c', 'b'), ...files });
  const asked: string[] = [];
  const history = ['a', 'b', 'c'].map((id, at) => `Rev: ${id}\nParent: ${['<base>', 'a', 'b'][at]}\nPath: ${folder}/${id}.py\n`).join('\n');
  const exec = async (argv: readonly string[]): Promise<Printing> => {
    const words = argv.slice(1).join(' ');
    asked.push(words);
    const stdout = words.startsWith('history') ? history : answer(words);
    return {
      stdout: stdout ?? '',
      stderr: stdout === undefined ? 'Traceback\nKeyError: nothing' : '',
      exitCode: stdout === undefined ? 1 : 0,
      truncated: false,
    };
  };
  const { migrations } = alembic.read(folder);
  const programs = { tool: 'alembic', root: folder, place: { dir: folder, folder, dialect: 'postgres' as const, exec }, known: new Map() };
  return { asked, migrations, programs };
}

describe('what Alembic prints', () => {
  it('given three, when the last is judged, then the ups before it and both of its ways are asked for, at once where they follow on each other', async () => {
    const { asked, migrations, programs } = given((words) =>
      words.startsWith('upgrade') ? whole(part('', 'a', 'UP a;'), part('a', 'b', 'UP b;'), part('b', 'c', 'UP c;')) : undefined,
    );
    const { before, judged } = await withPrinted({ before: migrations.slice(0, 2), judged: migrations.slice(2) }, programs);
    expect(asked).toEqual(['history --verbose', 'upgrade base:c --sql', 'downgrade c:b --sql']);
    expect([...before, ...judged].map(({ up }) => up.map(({ text }) => text.trim()))).toEqual([['UP a;'], ['UP b;'], ['UP c;']]);
    expect(judged[0]!.up[0]).toMatchObject({ file: 'c.py', line: 4, source: expect.stringContaining('def upgrade') });
    expect(judged[0]!.down).toMatchObject([{ line: 6, opaque: expect.stringContaining('KeyError: nothing') }]);
    await withPrinted({ before: migrations.slice(0, 2), judged: migrations.slice(2) }, programs);
    expect(asked).toHaveLength(3);
  });

  it('given one of several that fails, then that one alone is opaque', async () => {
    const { migrations, programs } = given((words) => {
      const [, from, to] = /^upgrade (\w+):(\w+)/.exec(words) ?? [];
      return from !== undefined && to !== undefined && !/base:c|a:b/.test(words)
        ? whole(part(from.replace('base', ''), to, `UP ${to};`))
        : undefined;
    });
    const { before } = await withPrinted({ before: migrations, judged: [] }, programs);
    expect(before.map(({ up }) => up[0]!.opaque === undefined)).toEqual([true, false, true]);
  });

  it.each([
    ['another revision', whole(part('', 'other', 'x;'))],
    ['one more', whole(part('', 'a', 'x;'), part('a', 'b', 'y;'))],
    ['no record', 'BEGIN;\n\n-- Running upgrade  -> a\n\nx;\n\nCOMMIT;\n'],
    ['something after the record', whole(part('', 'a', 'x;'), 'DELETE FROM b;\n')],
    ['no transaction and no name', part('', 'a', 'x;')],
    ['nothing', ''],
  ])('given %s, then it is opaque', async (_, output) => {
    const { migrations, programs } = given(() => output);
    const { before } = await withPrinted({ before: migrations.slice(0, 1), judged: [] }, programs);
    expect(before[0]!.up[0]!.opaque).toEqual(expect.any(String));
  });

  it('given blocks outside of the transaction, then their own ends are gone, and one more end makes it opaque', async () => {
    const block = "with op.get_context().autocommit_block():\n        op.execute('x')";
    const printed = async (text: string) => {
      const { migrations, programs } = given(() => whole(part('', 'a', text)), { 'a.py': revision('a', undefined, block) });
      return (await withPrinted({ before: migrations.slice(0, 1), judged: [] }, programs)).before[0]!.up[0]!;
    };
    const fine = await printed('COMMIT;\n\nx;\n\nBEGIN;\n');
    expect({ ...fine, text: fine.text.trim() }).toMatchObject({ text: 'x;', outsideTransaction: true });
    expect((await printed('COMMIT;\n\nCOMMIT;\n\nx;\n\nBEGIN;\n')).opaque).toEqual(expect.any(String));
  });

  it('given an Alembic that reads another folder, then all are opaque', async () => {
    const other = given(() => whole(part('', 'a', 'x;')));
    const { migrations, programs } = given(() => '');
    const { before } = await withPrinted({ before: migrations, judged: [] }, { ...programs, place: other.programs.place });
    expect(before.every(({ up }) => up[0]!.opaque?.includes('another file'))).toBe(true);
  });
});
