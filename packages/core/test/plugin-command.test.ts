import { harness } from '@ship/testing';
import { describe, expect, it, vi } from 'vitest';
import type { Command } from '../src/index.js';
import { pluginCommand } from '../src/kernel-api.js';
import { plugin } from './help.js';

const TOKEN = 'hunter2-hunter2';

async function ran(run: Command['run'], isAnswered: boolean) {
  const { kernel } = await harness({
    plugins: [plugin('told', (ship) => ship.command('tell', { summary: 'tells', run }))],
    config: '',
    env: { API_TOKEN: TOKEN },
  });
  const printed: string[] = [];
  const print = (text: string) => void printed.push(text);
  return { answer: await pluginCommand(kernel, 'tell', [], { signal: new AbortController().signal, print, isAnswered }), printed };
}

describe('a command of a plugin', () => {
  it.each<[string, Awaited<ReturnType<Command['run']>>]>([
    ['a value', { said: [TOKEN] }],
    ['a function', () => ({ said: [TOKEN] })],
  ])('given an answer that is %s, when somebody asked for it, then it is what it says, and redacted', async (_, given) => {
    expect((await ran(async () => given, true)).answer).toEqual({ said: ['***'] });
  });

  it('given an answer that is a function, when nobody asked for it, then it is not called', async () => {
    const answer = vi.fn();
    expect((await ran(async () => answer, false)).answer).toBeNull();
    expect(answer).not.toHaveBeenCalled();
  });

  it('given several lines at once, when they are printed, then each is redacted', async () => {
    const { printed } = await ran(async (ctx) => ctx.print(`one ${TOKEN}\ntwo ${TOKEN}`), false);
    expect(printed).toEqual(['one ***\ntwo ***']);
  });
});
