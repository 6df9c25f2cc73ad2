import { describe, expect, it } from 'vitest';
import { defineErrors } from '../src/index.js';
import { actions, rollingBack, steps } from './help.js';

describe('judgement of a step', () => {
  const errors = defineErrors({
    SHIP_TEST_SICK: { exit: 3, message: () => 'it is sick', trigger: 'health_check_failed', failureType: 'network_error' },
    SHIP_TEST_PLAIN: { exit: 3, message: () => 'no space left' },
  });
  const failing = (make: () => Error) =>
    rollingBack({
      plugins: [
        actions({
          fail: () => {
            throw make();
          },
        }),
      ],
      config: steps('id: a, uses: t/fail'),
    });

  it('given an error that names its trigger and its type, when the step fails with it, then it is judged as that', async () => {
    const { run } = await failing(() => errors.SHIP_TEST_SICK(undefined));
    expect((await run()).failure).toMatchObject({ trigger: 'health_check_failed', type: 'network_error', severity: 'CRITICAL' });
  });

  it('given an error that names neither, or a trigger that is none, when the step fails with it, then it is a failed step, and its text is classified', async () => {
    const plain = { trigger: 'step_failed', type: 'resource_exhaustion', severity: 'CRITICAL' };
    const { run } = await failing(() => errors.SHIP_TEST_PLAIN(undefined));
    expect((await run()).failure).toMatchObject(plain);
    const odd = await failing(() => Object.assign(errors.SHIP_TEST_PLAIN(undefined), { trigger: 'no such trigger' }));
    expect((await odd.run()).failure).toMatchObject(plain);
  });
});
