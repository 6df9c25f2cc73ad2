import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Front, frontBefore, nodeService, rawService, say, statusOf } from './support.js';

const HOST = 'Host: shop.example\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const WEBSOCKET = `${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n`;
const ALL = /(?:\r\n0\r\n(?:[^\r\n]+\r\n)*\r\n|"end"\})$/;

describe('what a client may send', () => {
  let service: Awaited<ReturnType<typeof nodeService>>;
  let front: Front;

  beforeAll(async () => {
    // Given a service that says what it was asked
    service = await nodeService((server) =>
      server.on('request', (req, res) => {
        let body = '';
        req.setEncoding('latin1').on('data', (chunk) => {
          body += chunk;
        });
        req.on('end', () => {
          const { method, url, headers, rawHeaders, trailers } = req;
          res.end(JSON.stringify({ method, url, headers, rawHeaders, trailers, body, last: 'end' }));
        });
      }),
    );
    front = await frontBefore(service.port);
  });

  afterAll(() => {
    front.close();
    service.close();
    expect(front.reports).toEqual([]);
  });

  const asked = async (bytes: string) => {
    const { text } = await say(front.port, bytes, ALL);
    return JSON.parse(Buffer.from(text.slice(text.indexOf('{')), 'latin1').toString());
  };

  it.each([
    ['a path as it is', `GET //a/../b?x=//y HTTP/1.1\r\n${HOST}\r\n`, { url: '//a/../b?x=//y', headers: { host: 'shop.example' } }],
    [
      'an absolute target',
      `GET http://other.example:81/a?b HTTP/1.1\r\n${HOST}\r\n`,
      { url: '/a?b', headers: { host: 'other.example:81' } },
    ],
    ['an absolute target without a path', `GET http://other.example?b HTTP/1.1\r\n${HOST}\r\n`, { url: '/?b' }],
    ['OPTIONS *', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, { method: 'OPTIONS', url: '*' }],
    ['OPTIONS of a whole server', `OPTIONS http://other.example HTTP/1.1\r\n${HOST}\r\n`, { url: '*', headers: { host: 'other.example' } }],
    [
      'trailers',
      `POST / HTTP/1.1\r\n${HOST}Trailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n`,
      { body: 'abc', trailers: { 'x-t': '1' } },
    ],
    ['a header Trailer without a body', `GET / HTTP/1.1\r\n${HOST}Trailer: x\r\n\r\n`, { url: '/' }],
    ['a header Trailer with a length', `POST / HTTP/1.1\r\n${HOST}Trailer: x\r\nContent-Length: 3\r\n\r\nabc`, { body: 'abc' }],
    ['a body with GET', `GET / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`, { body: 'abc' }],
    [
      'a length that Connection names',
      `GET / HTTP/1.1\r\n${HOST}Connection: Content-Length\r\nContent-Length: 3\r\n\r\nabc`,
      { body: 'abc' },
    ],
    ['a host that Connection names', `GET / HTTP/1.1\r\n${HOST}Connection: Host\r\n\r\n`, { headers: { host: 'shop.example' } }],
    ['HTTP/1.0 without a host', 'GET / HTTP/1.0\r\n\r\n', { url: '/' }],
    [
      'h2c',
      `GET /a HTTP/1.1\r\n${HOST}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
      { url: '/a' },
    ],
    [
      'h2c with a body',
      `POST /a HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc`,
      { method: 'POST', body: 'abc' },
    ],
    [
      'a WebSocket with a body',
      `POST /a HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
      { method: 'POST', body: 'abc' },
    ],
    ['Expect', `POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`, { body: 'abc' }],
    [
      'Expect beside bytes beyond ASCII',
      `POST / HTTP/1.1\r\n${HOST}X-Name: Zo\xc3\xab\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`,
      { headers: { 'x-name': 'Zo\xc3\xab' }, body: 'abc' },
    ],
    [
      'an IPv6 host',
      `GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n`,
      { headers: { 'x-forwarded-host': '[::1]:8080', 'x-forwarded-port': '8080' } },
    ],
    ['an IPv6 host without a port', `GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n`, { headers: { 'x-forwarded-port': '80' } }],
    [
      'a lie about where it comes from',
      `GET / HTTP/1.1\r\n${HOST}X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX_Forwarded_For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n\r\n`,
      { headers: { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'shop.example' } },
    ],
    [
      'a try to have the origin stripped',
      `GET / HTTP/1.1\r\n${HOST}Connection: close, X-Forwarded-For, X-Forwarded-Host\r\n\r\n`,
      { headers: { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': 'shop.example' } },
    ],
  ])('%s', async (_name, bytes, expected) => {
    expect(await asked(bytes)).toMatchObject(expected);
  });

  it('what is between two neighbours is not passed on, and what a client lies about neither', async () => {
    const hop =
      'Connection: X-Secret, keep-alive\r\nX-Secret: 1\r\nProxy-Authorization: b\r\nProxy-Connection: x\r\nKeep-Alive: 3\r\nTE: gzip\r\n';
    const lies = 'Forwarded: for=6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\nX-Forwarded-Prefix: /x\r\n';
    const { headers } = await asked(`GET / HTTP/1.1\r\n${HOST}${hop}${lies}\r\n`);
    expect(Object.keys(headers).sort()).toEqual([
      ...['connection', 'host', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto'],
    ]);
  });

  it('headers that come twice are passed on twice, as they were written', async () => {
    const { rawHeaders } = await asked(`GET / HTTP/1.1\r\n${HOST}X-A: 1\r\nx-a: 2\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n`);
    expect(rawHeaders.slice(2, 10)).toEqual(['X-A', '1', 'x-a', '2', 'Cookie', 'a=1', 'Cookie', 'b=2']);
  });

  it('thousands of headers do not hide where the body ends', async () => {
    const many = Array.from({ length: 2500 }, () => 'a:\r\n').join('');
    const { body } = await asked(`GET / HTTP/1.1\r\n${HOST}${many}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`);
    expect(body).toBe('abc');
  });

  it.each([
    ['two hosts', `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`, 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['a length and chunks', `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['chunks with HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['an unknown coding', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501],
    ['GET *', `GET * HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['a user in the target', `GET http://a@b/ HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['CONNECT', `CONNECT 127.0.0.1:22 HTTP/1.1\r\n${HOST}\r\n`, 405],
    ['another version', `GET / HTTP/2.0\r\n${HOST}\r\n`, 505],
    ['no HTTP', '\x00\x01\x02\r\n\r\n', 400],
    ['a head that is too large', `GET / HTTP/1.1\r\n${HOST}X: ${'a'.repeat(70_000)}\r\n\r\n`, 431],
  ])('%s is refused, and the connection closed', async (_name, bytes, status) => {
    const heard = await say(front.port, bytes);
    expect([statusOf(heard), heard.end]).toEqual([status, 'closed']);
  });

  it('answers to pipelined requests come in their order, also where one asks for another protocol', async () => {
    const upgrade = 'Connection: Upgrade\r\nUpgrade: h2c\r\n';
    const { text } = await say(
      front.port,
      `GET /1 HTTP/1.1\r\n${HOST}\r\nGET /2 HTTP/1.1\r\n${HOST}${upgrade}\r\nGET /3 HTTP/1.1\r\n${HOST}\r\n`,
      /"url":"\/3"/,
    );
    expect([...text.matchAll(/"url":"(\/\d)"/g)].map(([, url]) => url)).toEqual(['/1', '/2', '/3']);
  });

  it('a client that goes away at any byte leaves nothing behind', async () => {
    const bytes = `POST /a HTTP/1.1\r\n${HOST}Trailer: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: 1\r\n\r\n`;
    await Promise.all(Array.from({ length: bytes.length }, (_, length) => say(front.port, bytes.slice(0, length), /$^/, 50)));
    await expect.poll(front.inFlight).toEqual({});
    expect(await asked(bytes)).toMatchObject({ body: 'abc' });
  });

  it('a trusted proxy is believed, and named behind those that it names', async () => {
    const trusting = await frontBefore(service.port, { trusted_proxies: ['127.0.0.0/8'] });
    const said = 'X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: public.example\r\n';
    const { text } = await say(trusting.port, `GET / HTTP/1.1\r\n${HOST}${said}\r\n`, ALL);
    trusting.close();
    expect(JSON.parse(text.slice(text.indexOf('{')))).toMatchObject({
      headers: { 'x-forwarded-for': '6.6.6.6, 127.0.0.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'public.example' },
    });
  });
});

describe('what a service may answer', () => {
  let service: Awaited<ReturnType<typeof rawService>>;
  let front: Front;
  let answer: string;
  let ends: boolean;

  beforeAll(async () => {
    // Given a service that answers the bytes of the test
    service = await rawService((socket, received) => {
      if (!received.endsWith('\r\n\r\n')) return;
      socket.write(Buffer.from(answer, 'latin1'));
      if (ends) socket.end();
    });
    front = await frontBefore(service.port);
  });

  afterAll(() => {
    front.close();
    service.close();
    expect(front.reports).toEqual([]);
  });

  it.each<[string, string, RegExp]>([
    [
      'a length and a header Trailer',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTrailer: X\r\n\r\nhi',
      /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nhi$/s,
    ],
    [
      'trailers',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\nhi\r\n0\r\nX: 1\r\n\r\n',
      /Trailer: X\r\n.*\r\n2\r\nhi\r\n0\r\nX: 1\r\n\r\n$/s,
    ],
    ['the status 000', 'HTTP/1.1 000 X\r\nContent-Length: 0\r\n\r\n', /^HTTP\/1\.1 502 /],
    ['the status 099', 'HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n', /^HTTP\/1\.1 502 /],
    ['the status 1000', 'HTTP/1.1 1000 X\r\nContent-Length: 0\r\n\r\n', /^HTTP\/1\.1 502 /],
    ['the status 999', 'HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n', /^HTTP\/1\.1 999 X\r\n/],
    ['control bytes in the reason', 'HTTP/1.1 200 a\x01b\x7f\r\nContent-Length: 0\r\n\r\n', /^HTTP\/1\.1 200 OK\r\n/],
    [
      'bytes beyond ASCII',
      'HTTP/1.1 200 \xe9\r\nX-A: \xe2\x98\x83\xff\r\nContent-Length: 2\r\n\r\nok',
      /^HTTP\/1\.1 200 \xe9\r\nX-A: \xe2\x98\x83\xff\r\n/,
    ],
    [
      'the name of a file beyond ASCII',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Disposition: a="\xc3\xa9\xff"\r\n\r\nok',
      /Content-Disposition: a="\xc3\xa9\xff"\r\n/,
    ],
    ['a 101 that nobody asked for', 'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\nraw', /^HTTP\/1\.1 502 /],
    ['a 101 without a protocol', 'HTTP/1.1 101 Switching\r\n\r\nraw', /^HTTP\/1\.1 502 /],
    [
      'hints',
      `HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n${OK}`,
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK/,
    ],
    ['hints that Node does not know', `HTTP/1.1 103 Early Hints\r\nLink: bad\r\n\r\n${OK}`, /^HTTP\/1\.1 200 OK/],
    ['a length with 204', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', /^(?!.*Content-Length).*204 No Content\r\n.*\r\n\r\n$/s],
    [
      'chunks with 204',
      'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n',
      /^(?!.*Transfer-Encoding).*204 No Content/s,
    ],
    [
      'a length with 304',
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n',
      /304 Not Modified\r\nContent-Length: 5\r\n.*\r\n\r\n$/s,
    ],
    ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', /^HTTP\/1\.1 502 /],
    [
      'what is between two neighbours',
      'HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: x\r\nContent-Length: 0\r\n\r\n',
      /^(?!.*(?:X-Hop|timeout=9|Proxy-)).*200 OK/s,
    ],
    ['no HTTP', 'SSH-2.0-x\r\n', /^HTTP\/1\.1 502 /],
  ])('%s', async (_name, bytes, expected) => {
    [answer, ends] = [bytes, false];
    const { text } = await say(front.port, `GET / HTTP/1.1\r\n${HOST}\r\n`, expected);
    expect(text).toMatch(expected);
  });

  it.each<[string, string, RegExp]>([
    ['a body that ends too early', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhi', /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nhi$/s],
    ['nothing behind its head', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n', /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n$/s],
    ['chunks that are none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n', /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n$/s],
  ])('%s: the connection breaks off, without a second answer', async (_name, bytes, expected) => {
    [answer, ends] = [bytes, true];
    const heard = await say(front.port, `GET / HTTP/1.1\r\n${HOST}\r\n`);
    expect(heard.end).toBe('closed');
    expect(heard.text).toMatch(expected);
  });

  it.each([
    ['a status that is none', 'HTTP/1.1 000 X\r\n\r\n', /^HTTP\/1\.1 502 /],
    ['another protocol', 'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n', /^HTTP\/1\.1 502 /],
    [
      'no',
      'HTTP/1.1 401 a\x01\r\nConnection: X-Hop\r\nX-Hop: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n',
      /^(?!.*X-Hop)HTTP\/1\.1 401 a \r\n.*\r\n\r\nno$/s,
    ],
    ['half a head', 'HTTP/1.1 101 Sw', /^HTTP\/1\.1 502 /],
  ])('to a WebSocket: %s', async (_name, bytes, expected) => {
    [answer, ends] = [bytes, true];
    const heard = await say(front.port, `GET / HTTP/1.1\r\n${WEBSOCKET}\r\n`);
    expect(heard.end).toBe('closed');
    expect(heard.text).toMatch(expected);
  });

  it('HTTP/1.0 gets neither chunks nor trailers', async () => {
    [answer, ends] = ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\nhi\r\n0\r\nX: 1\r\n\r\n', false];
    const heard = await say(front.port, 'GET / HTTP/1.0\r\nTrailer: x\r\n\r\n');
    expect(heard).toEqual({ end: 'closed', text: expect.stringMatching(/^(?!.*Tra)HTTP\/1\.1 200 OK\r\n.*\r\n\r\nhi$/s) });
  });

  it('HEAD has the head of the answer alone', async () => {
    [answer, ends] = ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n', false];
    const { text } = await say(front.port, `HEAD / HTTP/1.1\r\n${HOST}\r\n`, /\r\n\r\n$/);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Trailer: X\r\n/s);
  });
});

describe('services that go away, and clients that wait', () => {
  const opened: { close(): void }[] = [];
  const keep = <T extends { close(): void }>(made: T): T => {
    opened.push(made);
    return made;
  };

  afterEach(() => {
    for (const each of opened.splice(0)) each.close();
  });

  it('a service that dies behind the head of its answer, with an upload under way: the connection closes, and nothing follows', async () => {
    // Given a service that answers a head, never reads the upload, and dies
    const service = keep(
      await rawService((socket, received) => {
        if (received.length > 100_000) return;
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nSet-Cookie: sid=alice\r\n\r\n');
        socket.pause();
        setTimeout(() => socket.resetAndDestroy(), 100);
      }),
    );
    const front = keep(await frontBefore(service.port));

    // When a client uploads, and asks for something else at once
    const upload = `POST /report HTTP/1.1\r\n${HOST}Content-Length: 4000000\r\n\r\n${'x'.repeat(4_000_000)}`;
    const heard = await say(front.port, `${upload}GET /private HTTP/1.1\r\n${HOST}\r\n`);

    // Then it has one head, and no more
    expect(heard.end).toBe('closed');
    expect(heard.text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(heard.text).toMatch(/\r\n\r\n$/);
  });

  it.each(['', 'Connection: close\r\n'])('413 to an upload that is not read arrives, with %j', async (more) => {
    // Given a service that answers before it reads, and closes
    const service = keep(
      await rawService((socket) => {
        socket.end('HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\nContent-Length: 10\r\n\r\ntoo large\n');
        socket.pause();
        setTimeout(() => socket.resetAndDestroy(), 20);
      }),
    );
    const front = keep(await frontBefore(service.port));

    // When 100 MB are sent, in ten turns
    const upload = Buffer.concat([
      Buffer.from(`POST / HTTP/1.1\r\n${HOST}${more}Content-Length: 100000000\r\n\r\n`),
      Buffer.alloc(100_000_000, 120),
    ]);
    for (let turn = 0; turn < 10; turn += 1) {
      const heard = await say(front.port, upload, /too large\n$/);
      expect([statusOf(heard), heard.text.endsWith('too large\n')]).toEqual([413, true]);
    }
  });

  it('a service that is not there is 502, for a request and for a WebSocket', async () => {
    const service = await rawService(() => {});
    const front = keep(await frontBefore(service.port));
    service.close();
    expect(statusOf(await say(front.port, `GET / HTTP/1.1\r\n${HOST}\r\n`, /\n$/))).toBe(502);
    expect(await say(front.port, `GET / HTTP/1.1\r\n${WEBSOCKET}\r\n`)).toEqual({
      end: 'closed',
      text: expect.stringMatching(/^HTTP\/1\.1 502 Bad Gateway\r\n/),
    });
  });

  it('a WebSocket that is asked for behind another request begins when that is answered', async () => {
    // Given a service that takes its time, and joins WebSockets
    const service = keep(
      await nodeService((server) => {
        server.on('request', (_req, res) => void setTimeout(() => res.end('first'), 200));
        server.on('upgrade', (_req, socket) => {
          socket.on('error', () => {});
          socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
          socket.on('data', (data) => socket.write(data));
        });
      }),
    );
    const front = keep(await frontBefore(service.port));
    const { text } = await say(front.port, `GET / HTTP/1.1\r\n${HOST}\r\nGET / HTTP/1.1\r\n${WEBSOCKET}\r\nearly bytes`, /early bytes$/);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nfirstHTTP\/1\.1 101 .*\r\n\r\nearly bytes$/s);
  });

  it('during a switch an upload that has begun stays with its service, and trailers pass', async () => {
    // Given two services that say who they are, and a request that has begun with the first
    const named = (name: string) =>
      nodeService((server) =>
        server.on('request', (req, res) => {
          req.resume().on('end', () => {
            res.writeHead(200, { trailer: 'x-by' });
            res.write(name);
            res.addTrailers({ 'x-by': `${name} ${req.trailers['x-t']}` });
            res.end();
          });
        }),
      );
    const [one, two] = [keep(await named('one')), keep(await named('two'))];
    const front = keep(await frontBefore(one.port));
    const head = `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTrailer: x-t\r\n\r\n`;
    const socket = connect(front.port, '127.0.0.1');
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.write(`${head}1\r\na\r\n`);
    await expect.poll(front.inFlight).toEqual({ [`at-${one.port}`]: 1 });

    // When the front switches before the upload has ended
    front.switchTo(two.port);
    const next = await say(front.port, `${head}1\r\na\r\n0\r\nX-T: 2\r\n\r\n`, /\r\n\r\n$/);
    socket.write('1\r\nb\r\n0\r\nX-T: 1\r\n\r\n');

    // Then each is answered by its own
    await expect.poll(() => text).toMatch(/3\r\none\r\n0\r\nx-by: one 1\r\n\r\n$/);
    expect(next.text).toMatch(/3\r\ntwo\r\n0\r\nx-by: two 2\r\n\r\n$/);
    socket.destroy();
  });

  it('500 slow heads, silent connections and silent bodies end; a service may take longer', async () => {
    // Given short limits, and a service that takes longer than all of them
    const service = keep(await nodeService((server) => server.on('request', (_req, res) => void setTimeout(() => res.end('late'), 1500))));
    const front = keep(await frontBefore(service.port, { headers_timeout_ms: 400, idle_timeout_ms: 400 }));
    const slow = Array.from({ length: 500 }, (_, index) => say(front.port, index % 2 ? `GET / HTTP/1.1\r\n${HOST}X: ` : '', /$^/, 20_000));
    const body = say(front.port, `POST / HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\nabc`, /$^/, 20_000);
    const patient = say(front.port, `GET / HTTP/1.1\r\n${HOST}\r\n`, /late$/, 20_000);

    // Then the clients that do not go on are cut, and the one that waits is answered
    expect((await Promise.all(slow)).filter(({ end }) => end === 'open')).toEqual([]);
    expect((await body).end).toBe('closed');
    expect(statusOf(await patient)).toBe(200);
    expect((await say(front.port, `GET / HTTP/1.1\r\n${HOST}\r\n`, /$^/, 20_000)).end).toBe('closed');
  });

  it('limits that are changed hold for what comes from then on', async () => {
    const service = keep(await rawService((socket) => void socket.write(OK)));
    const front = keep(await frontBefore(service.port));
    const large = `GET / HTTP/1.1\r\n${HOST}X: ${'a'.repeat(5000)}\r\n\r\n`;
    expect(statusOf(await say(front.port, large, /ok$/))).toBe(200);
    front.limit({ headers_timeout_ms: 10_000, idle_timeout_ms: 75_000, header_limit: 4096, trusted_proxies: [] });
    expect(statusOf(await say(front.port, large))).toBe(431);
  });
});
