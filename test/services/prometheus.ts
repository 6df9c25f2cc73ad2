import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, serviceFolder, startService } from './started.js';

/** Starts a Prometheus that asks a target on loopback for its metrics four times a second. Answers its address. */
export async function startPrometheus(target: number): Promise<string> {
  const folder = serviceFolder();
  const port = await freePort();
  const config = join(folder, 'prometheus.yml');
  writeFileSync(
    config,
    `global: { scrape_interval: 250ms, scrape_timeout: 200ms }
scrape_configs: [{ job_name: web, static_configs: [{ targets: ["127.0.0.1:${target}"] }] }]
`,
  );
  const address = `http://127.0.0.1:${port}`;
  // It takes some seconds until it asks its targets for the first time.
  const asks = async () => {
    const answer = await fetch(`${address}/api/v1/query?query=up`).catch(() => undefined);
    return answer?.ok === true && (await answer.text()).includes('"1"');
  };
  await startService(
    ['prometheus', `--config.file=${config}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`],
    asks,
  );
  return address;
}
