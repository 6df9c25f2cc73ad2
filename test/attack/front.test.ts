import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Front, frontBefore, nodeService, rawService, say, statusOf } from '../strangers/support.js';
import { attemptsIn } from './figures.js';

const { attempt } = attemptsIn('requests and answers that no front may fall over');

const REQUEST =
  'POST /a?b HTTP/1.1\r\nHost: shop.example\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n3\r\nabc\r\n0\r\nX: 1\r\n\r\n';
const ANSWER = 'HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n3\r\nabc\r\n0\r\nX: 1\r\n\r\n';
const SEED = Number(process.env.SHIP_ATTACK_SEED ?? 20_261_129);

/** A message with some of its bytes changed, doubled, left out or cut off. */
const mutated = (message: string): fc.Arbitrary<string> =>
  fc
    .array(
      fc.record({
        at: fc.integer({ min: 0, max: message.length - 1 }),
        how: fc.constantFrom('change', 'double', 'drop', 'cut', 'insert'),
        byte: fc.constantFrom('\0', '\x01', '\r', '\n', ' ', '\t', ':', ';', '/', '0', '9', 'a', '\x7f', '\x80', '\xff'),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((changes) =>
      changes.reduce((text, { at, how, byte }) => {
        const [before, after] = [text.slice(0, at), text.slice(at + 1)];
        if (how === 'cut') return before;
        if (how === 'drop') return before + after;
        if (how === 'double') return text.slice(0, at + 1) + text.slice(at);
        return before + byte + (how === 'insert' ? text.slice(at) : after);
      }, message),
    );

let service: Awaited<ReturnType<typeof nodeService>>;
let front: Front;

beforeAll(async () => {
  service = await nodeService((server) => server.on('request', (req, res) => void req.resume().on('end', () => res.end('ok'))));
  front = await frontBefore(service.port, { headers_timeout_ms: 1_500, idle_timeout_ms: 2_000 });
});
afterAll(() => {
  front.close();
  service.close();
});

const serves = async (): Promise<boolean> =>
  statusOf(await say(front.port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', /ok/)) === 200;

it('given 1,500 requests with bytes that are changed, when they are sent side by side, then each is answered or closed, and the front serves', async () => {
  const requests = fc.sample(mutated(REQUEST), { numRuns: 1_500, seed: SEED });
  while (requests.length > 0) {
    const batch = requests.splice(0, 50);
    await attempt(async () => {
      await Promise.all(batch.map((bytes) => say(front.port, `${bytes}`, /\r\n\r\n(?:ok)?/, 400)));
      expect(front.reports).toEqual([]);
    });
  }
  expect(await serves()).toBe(true);
});

it('given 1,000 answers with bytes that are changed, when they come from a service, then its client gets an answer or an end, and the front serves', async () => {
  const answers = fc.sample(mutated(ANSWER), { numRuns: 1_000, seed: SEED + 1 });
  let next = 0;
  const odd = await rawService((socket, received) => {
    if (!received.includes('\r\n\r\n')) return;
    socket.write(Buffer.from(answers[next++ % answers.length]!, 'latin1'));
    setTimeout(() => socket.destroy(), 60);
  });
  front.switchTo(odd.port);
  for (let sent = 0; sent < answers.length; sent += 50)
    await attempt(async () => {
      await Promise.all(
        Array.from({ length: 50 }, () => say(front.port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', /$^/, 1_000)),
      );
      expect(front.reports).toEqual([]);
    });
  front.switchTo(service.port);
  odd.close();
  expect(await serves()).toBe(true);
});

it('given a client that goes away at any byte of its request, when it does, then nobody else notices', async () => {
  for (let length = 1; length <= REQUEST.length; length += 1)
    await attempt(async () => {
      await new Promise<void>((resolve) => {
        const socket = connect(front.port, '127.0.0.1', () => socket.write(REQUEST.slice(0, length), () => socket.destroy()));
        socket.on('error', () => {}).on('close', () => resolve());
      });
      expect(front.reports).toEqual([]);
    });
  expect(await serves()).toBe(true);
});

it('given 500 heads that never end, and 200 connections that say nothing, when the limits have passed, then all of them are closed, and others were served meanwhile', async () => {
  await attempt(async () => {
    const open = Array.from({ length: 700 }, (_, index) => {
      const socket = connect(front.port, '127.0.0.1', () => {
        if (index < 500) socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ');
      });
      return new Promise<void>((resolve) =>
        socket
          .on('error', () => {})
          .on('close', () => resolve())
          .resume(),
      );
    });
    expect(await serves()).toBe(true);
    await Promise.all(open);
    expect(await serves()).toBe(true);
  });
}, 60_000);
