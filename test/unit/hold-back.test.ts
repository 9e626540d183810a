import { expect, test } from 'vitest';
import { ApiError } from '../../src/gateway/api-error.ts';
import { holdBack } from '../../src/gateway/hold-back.ts';

test('a key goes on until the binding says no, and is told when to come again', async () => {
  const asked: string[] = [];
  const twice = {
    limit: async ({ key }: { key: string }) => {
      asked.push(key);
      return { success: asked.filter((each) => each === key).length <= 2 };
    },
  };
  await holdBack(twice, 'mine');
  await holdBack(twice, 'mine');
  const refusal = await holdBack(twice, 'mine').catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ApiError);
  expect(refusal).toMatchObject({ status: 429, headers: { 'retry-after': '60' } });
  await holdBack(twice, 'another');
});

test('without the binding nobody is held back', async () => {
  await holdBack(undefined, 'mine');
});
