// Stands in for Prometheus, and for a service whose version `broken` fails every fifth request and `slow` takes long.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const file = join(import.meta.dirname, 'scratch/version');

createServer((request, response) => {
  const { searchParams } = new URL(request.url, 'http://localhost');
  const value = measured(searchParams.get('query') ?? '', searchParams.has('time') ? 'v1' : deployed());
  const result = [{ metric: {}, value: [Date.now() / 1000, String(value)] }];
  response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
}).listen(Number(process.env.PROMETHEUS_PORT ?? 9090), '127.0.0.1');

function measured(query, version) {
  if (query.includes('errors_total')) return version === 'broken' ? 0.2 : 0.001;
  return version === 'slow' ? 0.4 : 0.1;
}

function deployed() {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return 'nothing';
  }
}
