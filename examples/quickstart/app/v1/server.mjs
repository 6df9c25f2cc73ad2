// Version 1 of a small web service. PORT and HOST are given.
import { createServer } from 'node:http';

createServer((request, response) => {
  if (request.url === '/healthz') return response.end('ok');
  response.setHeader('x-version', 'v1');
  response.end('Hello from version 1\n');
}).listen(Number(process.env.PORT), process.env.HOST);
