import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accepts, freePort, serviceFolder, startService } from './started.js';

/** An nginx that looks at flag files to choose between two slots, on loopback. */
export interface Nginx {
  readonly config: string;
  readonly flags: string;
  readonly port: number;
  readonly blue: number;
  readonly green: number;
}

/** Starts nginx as docs/routers.md shows it. */
export async function startNginx(): Promise<Nginx> {
  const folder = serviceFolder();
  // Its workers are another user.
  chmodSync(folder, 0o755);
  const flags = join(folder, 'flags');
  mkdirSync(flags, { mode: 0o755 });
  const [port, blue, green] = [await freePort(), await freePort(), await freePort()];
  const config = join(folder, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream blue { server 127.0.0.1:${blue}; }
  upstream green { server 127.0.0.1:${green}; }
  split_clients "$request_id" $bucket { 25% a; 25% b; 25% c; * d; }
  server {
    listen 127.0.0.1:${port};
    location / {
      set $live blue;
      if (-f ${flags}/green-$bucket) { set $live green; }
      if (-f ${flags}/green) { set $live green; }
      proxy_pass http://$live;
    }
  }
}
`,
  );
  await startService(['nginx', '-c', config], () => accepts({ host: '127.0.0.1', port }));
  return { config, flags, port, blue, green };
}
