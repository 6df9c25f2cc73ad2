// A service that says its name and version. A broken one serves all the same, and answers /orders with 500.
import { createServer } from 'node:http';

const { HOST, PORT, SERVICE, VERSION, BROKEN } = process.env;

const server = createServer((request, response) => {
  response.statusCode = request.url === '/orders' && BROKEN === 'yes' ? 500 : 200;
  request.resume().on('end', () => response.end(`${SERVICE} ${VERSION}\n`));
});
server.listen(Number(PORT), HOST);
process.on('SIGTERM', () => server.close());
