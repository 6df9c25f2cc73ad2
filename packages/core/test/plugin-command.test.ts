import { harness } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import type { Command } from '../src/index.js';
import { pluginCommand } from '../src/kernel-api.js';
import { plugin } from './help.js';

const TOKEN = 'hunter2-hunter2';

async function ran(run: Command['run']) {
  const { kernel } = await harness({
    plugins: [plugin('told', (ship) => ship.command('tell', { summary: 'tells', run }))],
    config: '',
    env: { API_TOKEN: TOKEN },
  });
  const printed: string[] = [];
  const print = (text: string) => void printed.push(text);
  return { answer: await pluginCommand(kernel, 'tell', [], { signal: new AbortController().signal, print }), printed };
}

describe('a command of a plugin', () => {
  it('given an answer, when the command has run, then it is what it says, and redacted', async () => {
    expect((await ran(async () => ({ said: [TOKEN] }))).answer).toEqual({ result: { said: ['***'] } });
  });

  it('given an answer that says no, then the command ends with the status that it names', async () => {
    const { answer } = await ran(async (ctx) => {
      ctx.refuse(6);
      return { safe: false };
    });
    expect(answer).toEqual({ result: { safe: false }, exitCode: 6 });
  });

  it('given several lines at once, when they are printed, then each is redacted', async () => {
    const { printed } = await ran(async (ctx) => ctx.print(`one ${TOKEN}\ntwo ${TOKEN}`));
    expect(printed).toEqual(['one ***\ntwo ***']);
  });
});
