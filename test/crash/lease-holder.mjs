// Holds the lease of `production`. `write`: writes what is deployed, again and again, until it may not any more.
import { setImmediate as turn } from 'node:timers/promises';
import { keepAlive } from '../../packages/core/dist/run/lease.js';
import { FileStore } from '../../packages/core/dist/store/file.js';
import { thisOwner } from '../../packages/core/dist/store/liveness.js';
import { FencedStore } from '../../packages/core/dist/store/wrappers.js';

const [folder, ttl, where, mode] = process.argv.slice(2);
const say = (word) => process.stdout.write(`${word}\n`);
const store = new FencedStore(new FileStore(folder, { leaseTtlMs: Number(ttl) }));
const owner = { ...thisOwner(`run-${process.pid}`, 'ship'), ...(where === 'here' ? {} : { host: where }) };
const lease = await store.lease('production', owner);
keepAlive(lease);
say('held');

if (mode === 'write') {
  try {
    for (let n = 0; ; n += 1) {
      await store.put('state/production/deployed-version.json', JSON.stringify({ run: owner.run, n }));
      await turn();
    }
  } catch (error) {
    say(error.code);
  }
} else setInterval(() => {}, 1000);
