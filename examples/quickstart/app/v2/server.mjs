// Version 2 starts and says that it is healthy, but its orders page is broken: only the smoke test notices.
import { createServer } from 'node:http';

createServer((request, response) => {
  if (request.url === '/healthz') return response.end('ok');
  response.setHeader('x-version', 'v2');
  if (request.url === '/orders') {
    response.statusCode = 500;
    return response.end('cannot read properties of undefined\n');
  }
  response.end('Hello from version 2\n');
}).listen(Number(process.env.PORT), process.env.HOST);
