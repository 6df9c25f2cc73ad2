import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BESIDE, hasBeside, hasProgram } from './started.js';

const MODULES = join(BESIDE, 'migration-tools/node_modules');

/** dbmate, node-pg-migrate, knex, sequelize-cli and prisma. */
export const hasMigrationTools = (): boolean => hasBeside('the tools of migrations', join(MODULES, '.bin/dbmate'));

/** Alembic and Django, packages of the system's own Python. */
export const hasPythonTools = (): boolean =>
  hasProgram('alembic') &&
  ['alembic', 'django', 'psycopg2'].every((name) =>
    hasBeside(`the module ${name} of Python`, join('/usr/lib/python3/dist-packages', name)),
  );

/** Where the system's own Python comes before any other. */
export const PYTHON_PATH = `/usr/bin:${process.env.PATH}`;

/** Gives a project the tools, as `npm install` would have. */
export const giveTools = (project: string): void => symlinkSync(MODULES, join(project, 'node_modules'));

/**
 * Prisma with its own engine as WebAssembly, which `engine: 'js'` asks for: the one that it downloads otherwise is never run,
 * and that it is there must only be said. Its adapter of this version does not know the type `name`.
 */
export function givePrisma(project: string, model: string): Record<string, string> {
  writeFileSync(
    join(project, 'prisma.config.mjs'),
    `import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { defineConfig } from 'prisma/config';

class Pool extends pg.Pool {
  async query(...args) {
    const result = await super.query(...args);
    for (const field of result.fields ?? []) if (field.dataTypeID === 19) field.dataTypeID = 25;
    return result;
  }
}
export default defineConfig({
  schema: 'prisma/schema.prisma',
  engine: 'js',
  experimental: { adapter: true },
  adapter: async () => new PrismaPg(new Pool({ connectionString: process.env.DATABASE_URL, allowExitOnIdle: true })),
});
`,
  );
  writeFileSync(
    join(project, 'prisma/schema.prisma'),
    `datasource db {\n  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\n\n${model}\n`,
  );
  const unused = join(project, 'unused-engine');
  writeFileSync(unused, '');
  return { PRISMA_QUERY_ENGINE_LIBRARY: unused, PRISMA_SCHEMA_ENGINE_BINARY: unused, CHECKPOINT_DISABLE: '1' };
}
