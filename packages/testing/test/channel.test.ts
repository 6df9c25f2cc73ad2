import { testChannel } from '../src/index.js';
import { webhook } from './fixtures/webhook.mjs';

testChannel('webhook', { open: (url) => webhook(url, 300), deadlineMs: 2_000, invalid: [{}, { url: 'nonsense' }] });
