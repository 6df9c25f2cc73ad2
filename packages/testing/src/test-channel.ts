import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JsonSchemaChecker } from '@ship/config';
import type { Channel, JsonObject, Message } from '@ship/core';
import { expect, onTestFinished } from 'vitest';
import { type Promises, testPromises } from './suite.js';

/** What a channel sends to. */
export interface Endpoint {
  /** Where it listens. */
  readonly url: string;
  /** How it answers from now on: `silent` takes what comes and never answers. */
  mode: 'well' | 'failing' | 'silent';
  /** What has arrived, each message as one text. */
  readonly received: readonly string[];
}

/** What the suite needs to know about a channel. */
export interface ChannelUnderTest {
  /** Makes a channel that sends to `url`. */
  open(url: string): Promise<Channel> | Channel;
  /** By then `send` has rejected where nobody answers, in milliseconds. Default 10,000. */
  readonly deadlineMs?: number;
  /** Settings of the config that the channel's schema must refuse. */
  readonly invalid?: readonly JsonObject[];
  /** Makes an endpoint, where it is no HTTP server. */
  endpoint?(): Promise<Endpoint> | Endpoint;
}

/** The promises of a channel: what it sends arrives, and where it cannot, it says so before its deadline. */
export function testChannel(name: string, test: ChannelUnderTest): void {
  testPromises(`channel ${name}`, channelPromises(test));
}

/** The promises by themselves, for tests of the suite. */
export function channelPromises(test: ChannelUnderTest): Promises {
  const { deadlineMs = 10_000, invalid = [] } = test;
  const message = (text: string): Message => ({ event: 'rollback_initiated', severity: 'critical', text, context: { component: 'api' } });

  async function opened() {
    const endpoint = await (test.endpoint ?? httpEndpoint)();
    return { endpoint, channel: await test.open(endpoint.url) };
  }

  /** How a sending ends, and `late` where it does not before the deadline. */
  async function outcome(sending: Promise<void>): Promise<'sent' | 'rejected' | 'late'> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, deadlineMs, 'late');
    });
    return Promise.race([
      sending.then(
        () => 'sent' as const,
        () => 'rejected' as const,
      ),
      late,
    ]).finally(() => clearTimeout(timer));
  }

  return {
    'given a message, when it is sent, then it arrives once, with its text': async () => {
      const { endpoint, channel } = await opened();
      expect(await outcome(channel.send(message('api is back at v1')))).toBe('sent');
      expect(endpoint.received).toEqual([expect.stringContaining('api is back at v1')]);
    },

    'given a text of any kind, when it is sent, then it arrives': async () => {
      const { endpoint, channel } = await opened();
      for (const text of ['grüße 🚀', 'a "quoted" \\ & <b>', 'one\ntwo', 'x'.repeat(5_000)])
        expect(await outcome(channel.send(message(text))), text).toBe('sent');
      expect(endpoint.received).toHaveLength(4);
      expect(endpoint.received[0]).toMatch(/grüße 🚀|gr\\u00fc\\u00dfe \\ud83d\\ude80/i);
    },

    'given several at once, when they are sent, then all arrive': async () => {
      const { endpoint, channel } = await opened();
      const texts = Array.from({ length: 10 }, (_, index) => `message ${index} of ten`);
      await Promise.all(texts.map((text) => channel.send(message(text))));
      for (const text of texts) expect(endpoint.received.filter((each) => each.includes(text))).toHaveLength(1);
    },

    'given an endpoint that refuses, when a message is sent, then it rejects, and the next one is sent where it answers again':
      async () => {
        const { endpoint, channel } = await opened();
        endpoint.mode = 'failing';
        expect(await outcome(channel.send(message('lost')))).toBe('rejected');
        endpoint.mode = 'well';
        expect(await outcome(channel.send(message('found')))).toBe('sent');
        expect(endpoint.received.at(-1)).toContain('found');
      },

    'given an endpoint that never answers, when a message is sent, then it rejects before its deadline': async () => {
      const { endpoint, channel } = await opened();
      endpoint.mode = 'silent';
      expect(await outcome(channel.send(message('lost')))).toBe('rejected');
    },

    'given nobody who listens, when a message is sent, then it rejects': async () => {
      const { url, close } = await listen();
      await close();
      expect(await outcome((await test.open(url)).send(message('lost')))).toBe('rejected');
    },

    ...(invalid.length > 0 && {
      'given settings that are wrong, when they are checked, then the schema refuses them': async () => {
        const { channel } = await opened();
        for (const settings of invalid)
          expect(await new JsonSchemaChecker().check(channel.options ?? {}, settings), JSON.stringify(settings)).not.toEqual([]);
      },
    }),
  };
}

/** A server on loopback that takes what is posted to it. */
async function httpEndpoint(): Promise<Endpoint> {
  const { url, close, endpoint } = await listen();
  onTestFinished(close);
  return Object.assign(endpoint, { url });
}

async function listen() {
  const received: string[] = [];
  const endpoint: Omit<Endpoint, 'url'> = { mode: 'well', received };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    received.push(body);
    if (endpoint.mode !== 'silent') response.writeHead(endpoint.mode === 'well' ? 200 : 503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close, endpoint };
}
