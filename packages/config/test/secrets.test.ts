import { describe, expect, test } from 'vitest';
import { HEAD, load, mistakes } from './helper.js';

const HINT = 'Put the value into an environment variable and write ${NAME} here. Replace the secret if the file was shared.';
// Put together here, so that no scanner takes the repository for one that leaks.
const join = (...parts: string[]) => parts.join('');
const FIXTURES: [string, string, string][] = [
  ['an AWS access key', join('AKIA', 'IOSFODNN7', 'EXAMPLE'), 'AKIA'],
  ['a GitHub token', join('ghp', '_', 'a1B2'.repeat(9)), 'ghp_'],
  ['a Slack token', join('xox', 'b-', '1234567890-abcdef'), 'xoxb'],
  ['a Stripe key', join('sk', '_live_', 'a1B2'.repeat(6)), 'sk_l'],
  ['a private key', join('-----BEGIN RSA ', 'PRIVATE KEY', '-----'), '----'],
  ['a URL with a password', join('postgres://', 'shop:', 'hunter2hunter2', '@db/shop'), 'post'],
];

describe('Given a secret that is written into the config', () => {
  test.each(FIXTURES)('When it is %s, then at most four characters of it are told', async (kind, secret, beginning) => {
    const found = await mistakes(`${HEAD}alerts: { note: "${secret}" }\n`);
    expect(found).toEqual([
      `ship.yaml:3:17 SHIP_CONFIG_INLINE_SECRET alerts.note: "${beginning}…" looks like ${kind}, written into the config | ${HINT}`,
    ]);
  });

  test.each(['password', 'api_key', 'apikey', 'slack_token', 'client_secret', 'dbPassword'])(
    'When the key is %s, then a literal is refused',
    async (key) => {
      const found = await mistakes(`${HEAD}alerts: { ${key}: correct-horse-battery }\n`);
      expect(found).toEqual([
        `ship.yaml:3:${13 + key.length} SHIP_CONFIG_INLINE_SECRET alerts.${key}: "corr…" looks like a secret, written into the config | ${HINT}`,
      ]);
    },
  );

  test('When the secret is short, then less of it is told', async () => {
    expect((await mistakes(`${HEAD}alerts: { password: abcdefgh }\n`))[0]).toContain('"ab…"');
  });

  test('When a variable has a literal default, then it is refused', async () => {
    expect((await mistakes(`${HEAD}alerts: { password: "\${PASSWORD:-correct-horse}" }\n`))[0]).toContain('SHIP_CONFIG_INLINE_SECRET');
  });

  test('When it stands in a script, then it is found, too', async () => {
    const [, secret] = FIXTURES[0]!;
    expect((await mistakes(`${HEAD}steps: [{ id: a, run: "deploy ${secret}" }]\n`))[0]).toContain('steps[0].run: "AKIA…"');
  });

  test.each(['password: "${PASSWORD}"', 'token_file: ./token', 'secret_name: shop', 'api_key_env: SHOP_KEY', 'tokenPath: ./x'])(
    'When it is a reference such as %s, then it is allowed',
    async (entry) => {
      await expect(load(`${HEAD}alerts: { ${entry} }\nsecrets: [SHOP_KEY]\n`, { env: { PASSWORD: 'x' } })).resolves.toBeDefined();
    },
  );

  test('When there is another mistake at a secret, then its value is hidden', async () => {
    const found = await mistakes(
      `${HEAD}components: { api: { driver: x, version: "v1", core: { a: 1 }, depends_on: [] } }\nsteps:\n  - { id: a, run: x, env: { TOKEN: 12345678 }, timeout: "${FIXTURES[1]![1]}" }\n`,
    );
    expect(found.join('\n')).toContain('a hidden value is not a duration');
    expect(found.join('\n')).not.toContain(FIXTURES[1]![1]);
  });
});
