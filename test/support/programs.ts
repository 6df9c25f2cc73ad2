import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Small projects whose migrations are programs. */
const write = (folder: string, files: Readonly<Record<string, string>>): void => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
};

const ENV = `import os
from alembic import context
from sqlalchemy import create_engine

url = os.environ['DATABASE_URL'].replace('postgres://', 'postgresql://')
if context.is_offline_mode():
    context.configure(url=url, literal_binds=True, dialect_opts={'paramstyle': 'named'})
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
`;

/** A revision of Alembic. Each line of a way stands indented in its function. */
export function giveRevision(
  folder: string,
  id: string,
  before: string | undefined,
  { up, down, head = '' }: { readonly up: string; readonly down: string; readonly head?: string },
): void {
  const body = (text: string) => text.replace(/^/gm, '    ');
  write(folder, {
    [`alembic/versions/${id}.py`]: `"""${id}"""
from alembic import op
import sqlalchemy as sa
${head}
revision = '${id}'
down_revision = ${before === undefined ? 'None' : `'${before}'`}
branch_labels = None
depends_on = None


def upgrade() -> None:
${body(up)}


def downgrade() -> None:
${body(down)}
`,
  });
}

/** What Alembic needs beside its revisions. */
export const giveAlembic = (folder: string): void =>
  write(folder, { 'alembic.ini': '[alembic]\nscript_location = alembic\n', 'alembic/env.py': ENV, 'alembic/script.py.mako': '' });

export const ALEMBIC_USERS = {
  up: `op.create_table(
    'users',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=40), server_default=sa.text("''"), nullable=False),
    sa.Column('mood', sa.Enum('good', 'bad', name='mood')),
    sa.PrimaryKeyConstraint('id'),
)
op.create_index(op.f('ix_users_email'), 'users', ['email'], unique=True)`,
  down: "op.drop_table('users')\nop.execute('DROP TYPE mood')",
};
export const ALEMBIC_BIO = {
  up: "with op.batch_alter_table('users', schema=None) as batch_op:\n    batch_op.add_column(sa.Column('bio', sa.Text(), nullable=True))",
  down: "op.drop_column('users', 'bio')",
};
export const ALEMBIC_FILL = {
  up: 'op.execute("UPDATE users SET email = lower(email) WHERE email LIKE \'%@example.org\'")',
  down: 'pass',
};
export const ALEMBIC_RENAME = {
  up: "op.alter_column('users', 'bio', new_column_name='about')",
  down: "op.alter_column('users', 'about', new_column_name='bio')",
};
export const ALEMBIC_INDEX = {
  up: "with op.get_context().autocommit_block():\n    op.create_index('ix_bio', 'users', ['bio'], postgresql_concurrently=True)",
  down: "with op.get_context().autocommit_block():\n    op.drop_index('ix_bio', table_name='users', postgresql_concurrently=True)",
};
export const ALEMBIC_MIXED = {
  up: "op.add_column('users', sa.Column('since', sa.Date()))\nwith op.get_context().autocommit_block():\n    op.create_index('ix_since', 'users', ['since'], postgresql_concurrently=True)",
  down: "op.drop_column('users', 'since')",
};
export const ALEMBIC_COMMIT = {
  up: "op.execute('COMMIT')\nop.create_index('ix_last', 'users', ['last'], postgresql_concurrently=True)",
  down: "op.drop_index('ix_last', table_name='users')",
};
export const ALEMBIC_BIND = {
  up: "op.get_bind().execute(sa.text('SELECT 1'))",
  down: 'pass',
};
export const ALEMBIC_FINAL = {
  up: "op.add_column('users', sa.Column('last', sa.Date()))",
  down: "raise NotImplementedError('no way back')",
};

const DJANGO_SETTINGS = `import os
from urllib.parse import urlparse
url = urlparse(os.environ['DATABASE_URL'])
SECRET_KEY = 'x'
INSTALLED_APPS = ['shop']
DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': url.path[1:], 'USER': url.username, 'HOST': url.hostname, 'PORT': url.port}}
USE_TZ = True
`;
const MANAGE = `import os, sys
os.environ['DJANGO_SETTINGS_MODULE'] = 'project.settings'
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
`;
const djangoMigration = (before: string | undefined, operations: string, more = '') => `from django.db import migrations, models


def nothing(apps, schema_editor):
    pass


class Migration(migrations.Migration):
    ${more}
    dependencies = [${before === undefined ? '' : `('shop', '${before}')`}]
    operations = [
        ${operations}
    ]
`;

/** A project of Django with one app and its migrations. */
export const giveDjango = (folder: string): void =>
  write(folder, {
    'manage.py': MANAGE,
    'project/__init__.py': '',
    'project/settings.py': DJANGO_SETTINGS,
    'shop/__init__.py': '',
    'shop/migrations/__init__.py': '',
    'shop/migrations/0001_users.py': djangoMigration(
      undefined,
      "migrations.CreateModel('User', [('id', models.AutoField(primary_key=True)), ('email', models.CharField(max_length=40, unique=True)), ('boss', models.ForeignKey('shop.User', models.CASCADE, null=True))]),",
    ),
    'shop/migrations/0002_bio.py': djangoMigration('0001_users', "migrations.AddField('User', 'bio', models.TextField(null=True)),"),
    'shop/migrations/0003_words.py': djangoMigration(
      '0002_bio',
      "migrations.AlterField('User', 'bio', models.TextField(null=True, help_text='a life')),",
    ),
    'shop/migrations/0004_fill.py': djangoMigration(
      '0003_words',
      'migrations.RunSQL("UPDATE shop_user SET bio = \'100%\' WHERE bio IS NULL", migrations.RunSQL.noop),',
    ),
    'shop/migrations/0005_code.py': djangoMigration('0004_fill', 'migrations.RunPython(nothing, nothing),'),
    'shop/migrations/0006_final.py': djangoMigration('0005_code', "migrations.RunSQL('CREATE TABLE final (id int)'),"),
    'shop/migrations/0007_plain.py': djangoMigration(
      '0006_final',
      "migrations.AlterField('User', 'email', models.CharField(max_length=40)),",
    ),
    'shop/migrations/0008_index.py': djangoMigration(
      '0007_plain',
      "AddIndexConcurrently('User', models.Index(fields=['bio'], name='bio_index')),",
      'atomic = False',
    ).replace('\n', '\nfrom django.contrib.postgres.operations import AddIndexConcurrently\n'),
  });

/** Migrations of node-pg-migrate in JavaScript. */
export const giveNodePgMigrate = (folder: string): void =>
  write(folder, {
    'db/001_users.js':
      "exports.shorthands = undefined;\nexports.up = (pgm) => {\n  pgm.createTable('users', { id: 'id', email: { type: 'text', notNull: true, unique: true } });\n};\n",
    'db/002_bio.js':
      "exports.up = (pgm) => {\n  for (const name of ['bio', 'note']) pgm.addColumn('users', { [name]: 'text' });\n};\n\nexports.down = (pgm) => {\n  pgm.dropColumns('users', ['bio', 'note']);\n};\n",
    'db/003_rename.js': "exports.up = async (pgm) => {\n  pgm.renameColumn('users', 'bio', 'about');\n};\n",
    'db/004_ask.js':
      "exports.up = async (pgm) => {\n  await pgm.db.query('DELETE FROM users');\n  pgm.sql('SELECT 1');\n};\nexports.down = false;\n",
    'db/005_index.js':
      "exports.up = (pgm) => {\n  pgm.noTransaction();\n  pgm.createIndex('users', 'about', { concurrently: true });\n};\nexports.down = (pgm) => {\n  pgm.noTransaction();\n  pgm.dropIndex('users', 'about', { concurrently: true });\n};\n",
    'db/006_typed.ts':
      "import type { MigrationBuilder } from 'node-pg-migrate';\nexport async function up(pgm: MigrationBuilder): Promise<void> {\n  pgm.addColumn('users', { age: { type: 'int' as const } });\n}\nexport const down = false;\n",
  });
