import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainWaysOf } from '../../src/printed/plain-python.js';

const revision = (up: string, { head = '', down = 'pass' }: { readonly head?: string; readonly down?: string } = {}) =>
  `"""A revision"""
from typing import Sequence, Union
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
${head}
revision: str = 'a'
down_revision: Union[str, Sequence[str], None] = None


def upgrade() -> None:
${up.replace(/^/gm, '    ')}


def downgrade() -> None:
${down.replace(/^/gm, '    ')}
`;
const isPlain = (text: string) => {
  const { up } = plainWaysOf(text);
  return up !== 'irreversible' && !('opaque' in up);
};

describe('a revision of Alembic', () => {
  it.each([
    ['a table', "op.create_table('a', sa.Column('id', sa.Integer(), nullable=False), sa.PrimaryKeyConstraint('id'))"],
    ['types of PostgreSQL', "op.add_column('a', sa.Column('b', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text('now()')))"],
    ['plain SQL', 'op.execute("""\n    UPDATE a SET b = 1\n""")'],
    ['a batch', "with op.batch_alter_table('a', schema=None) as batch_op:\n    batch_op.create_index(batch_op.f('i'), ['b'])"],
    ['rows', "t = sa.table('a', sa.column('id', sa.Integer))\nop.bulk_insert(t, [{'id': 1}, {'id': 2}])"],
    ['rows of a table that it makes', "t = op.create_table('a', sa.Column('id', sa.Integer()))\nop.bulk_insert(t, [{'id': 1}])"],
    ['a statement', "t = sa.table('a', sa.column('id'))\nop.execute(t.update().where(t.c.id == 1).values(id=op.inline_literal(2)))"],
    ['words about it', '# ### commands ###\n"""why"""\npass'],
  ])('given %s, then it is understood', (_, up) => {
    expect(plainWaysOf(revision(up)).up).toMatchObject({ line: 11, autocommits: 0 });
  });

  it('given a block outside of the transaction, then that is counted; given nothing, then it is empty; given only an error, then it is irreversible', () => {
    const text = revision("with op.get_context().autocommit_block():\n    op.execute('VACUUM')", { down: 'raise NotImplementedError()' });
    expect(plainWaysOf(text)).toEqual({ up: { line: 11, isEmpty: false, autocommits: 1 }, down: 'irreversible' });
    expect(plainWaysOf(revision('pass')).up).toEqual({ line: 11, isEmpty: true, autocommits: 0 });
  });

  it.each([
    ['a connection', 'op.get_bind().execute(sa.text("a"))'],
    ['a connection by another name', 'bind = op.get_bind()'],
    ['the context', 'op.get_context().connection'],
    ['another block', "with op.get_context().begin_transaction():\n    op.execute('a')"],
    ['a batch that looks', "with op.batch_alter_table('a', recreate='always') as b:\n    b.drop_column('c')"],
    ['a batch by the name of something else', "with op.batch_alter_table('a') as op:\n    op.drop_column('c')"],
    ['an engine', "sa.create_engine('a').execute('b')"],
    ['an inspector', 'sa.inspect(op)'],
    ['a condition', "if op:\n    op.drop_table('a')"],
    ['a short condition', "op.drop_table('a') if True else None"],
    ['a loop', "for a in ['b']:\n    op.drop_table(a)"],
    ['a comprehension', "[op.drop_table(a) for a in ['b']]"],
    ['a function in between', "op.execute((lambda: 'a')())"],
    ['what is put together', "op.execute(f'DROP TABLE {a}')"],
    ['a name that nobody has declared', 'op.execute(SQL)'],
    ['options that are not printed', "op.execute('a', execution_options={'isolation_level': 'AUTOCOMMIT'})"],
    ['two statements in a line', "op.drop_table('a'); op.drop_table('b')"],
    ['a comment that takes the end of the statement with it', "op.execute('DELETE FROM a -- all')"],
    ['an operation that only newer versions have', "op.run_async(op.drop_table, 'a')"],
    ['something that is called what Alembic is', "op = sa\nop.execute('a')"],
    ['a type of its own', "op.add_column('a', sa.Column('b', postgresql.MyType()))"],
    ['arguments that are spread', "op.drop_table(*['a'])"],
    ['an attribute', "op.execute('a'.format)"],
    ['a return before the end', "return\nop.drop_table('a')"],
  ])('given %s, then it is opaque', (_, up) => {
    expect(isPlain(revision(up))).toBe(false);
  });

  it.each([
    ['another module', 'from app import models'],
    ['the context', 'from alembic import context'],
    ['a session', 'from sqlalchemy.orm import Session'],
    ['an engine', 'from sqlalchemy import create_engine\ncreate_engine("a")'],
    ['a function', 'def help():\n    pass'],
    ['a call', 'print("a")'],
    ['a value that is computed', "revision_of = str('a')"],
    ['a class', 'class A:\n    pass'],
    ['a second upgrade', 'def upgrade():\n    pass'],
    ['a decorator', '@op.f'],
    ['a line that only Python sees', '# nothing\rop.get_bind()'],
    ['another encoding', '# coding: utf-7'],
    ['everything of a module', 'from sqlalchemy import *'],
  ])('given %s outside of both ways, then both are opaque', (_, head) => {
    const text = head.includes('coding') ? head + revision("op.drop_table('a')") : revision("op.drop_table('a')", { head });
    const { up, down } = plainWaysOf(head.includes('coding') ? text.replace(head, `${head}\n`) : text);
    expect([up, down]).toEqual([
      expect.objectContaining({ opaque: expect.any(String) }),
      expect.objectContaining({ opaque: expect.any(String) }),
    ]);
  });

  it('given any text with a mention of what is not printed, then it is opaque', () => {
    const fragments = fc.constantFrom(
      ...[
        "op.drop_table('a')",
        "t = sa.table('a')",
        'pass',
        "'''",
        '"',
        '(',
        ')',
        '[',
        '\\',
        '#',
        ':',
        'with ',
        ' as b:',
        '    ',
        ',',
        '=',
        'f',
        "'a'",
      ],
    );
    const mention = fc.constantFrom(
      'op.get_bind()',
      'op.get_context()',
      'context.is_offline_mode()',
      'Session(bind)',
      'conn.execute(x)',
      'op.run_async(a)',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fragments, fc.constantFrom('\n', ' ', '')), { maxLength: 8 }), mention, (parts, call) => {
        const before = parts.flat().join('');
        // In a text or behind a `#` it is no call.
        fc.pre(!/['"#\\]/.test(before));
        expect(isPlain(revision(`${before}\n${call}`))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('given any text at all, then it never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        plainWaysOf(revision(text));
        plainWaysOf(text);
      }),
      { numRuns: 500 },
    );
  });
});
