import { testChannel } from '../src/index.js';
import { webhook } from './fixtures/webhook.mjs';

testChannel('webhook', { open: (url) => webhook(url, 1_000), deadlineMs: 3_000, invalid: [{}, { url: 'nonsense' }] });
