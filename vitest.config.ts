import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const source = (name: string, folder: string) => ({ find: new RegExp(`^@ship/${name}$`), replacement: at(`./${folder}/src/index.ts`) });

export default defineConfig({
  resolve: {
    // Tests read the sources, so that a stack trace names the line that a person wrote.
    alias: [
      { find: /^@ship\/core\/kernel$/, replacement: at('./packages/core/src/kernel-api.ts') },
      ...['redact', 'system', 'core', 'config', 'exec', 'kube', 'testing', 'cli'].map((name) => source(name, `packages/${name}`)),
      ...[
        'shell',
        'http',
        'git',
        'snapshots',
        'release',
        'partial-rollback',
        'helm',
        'hold',
        'instant-rollback',
        'kubernetes',
        'migrations',
        'prometheus',
        'terraform',
      ].map((name) => source(`plugin-${name}`, `plugins/${name}`)),
    ],
  },
  test: {
    // What takes long has scripts of its own, `npm run test:long` and `npm run test:attack`.
    exclude: [
      ...(process.env.SHIP_TEST_LONG === '1' ? [] : ['test/long/**', 'test/terraform/{cases,random}.test.ts', 'test/migrations/**']),
      ...(process.env.SHIP_TEST_ATTACK ? [] : ['test/attack/**']),
    ],
    include: ['{packages,plugins}/*/test/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    testTimeout: 30_000,
    maxWorkers: 2,
  },
});
