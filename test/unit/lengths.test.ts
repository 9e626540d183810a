import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../src/platform/random.ts';
import { type LengthTraits, lengthSlots, SLOTS, variantSlot } from '../../src/routing/lengths/features.ts';
import { LengthLearner } from '../../src/routing/lengths/length-learner.ts';
import {
  capped,
  type LengthModel,
  onVariant,
  predictLength,
} from '../../src/routing/lengths/length-model.ts';

interface Asked extends Partial<LengthTraits> {
  readonly task?: string;
  readonly variant?: string;
}

function slotsFor({ task = 'chat', variant: _, ...traits }: Asked): readonly number[] {
  return lengthSlots(task, { promptTokens: 500, class: 'standard', ...traits });
}

function learn(learner: LengthLearner, asked: Asked, outputTokens: number, isCutShort = false): void {
  const { task = 'chat', variant = 'large' } = asked;
  learner.learn({ task, slots: slotsFor(asked), variant }, outputTokens, isCutShort);
}

function predict(model: LengthModel, asked: Asked) {
  return predictLength(model, asked.task ?? 'chat', slotsFor(asked))!;
}

/** Log-normal lengths: most lie within a factor of `exp(sigma)` of the median. */
function around(median: number, sigma: number, random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.max(1, Math.round(median * Math.exp(sigma * normal)));
}

/** A learner and what it makes of answers to requests that `draw` makes up. */
function taught(answers: number, draw: (random: Random) => readonly [Asked, number], learner = newLearner()) {
  const random = seededRandom(7);
  for (let index = 0; index < answers; index++) {
    const [asked, outputTokens] = draw(random);
    learn(learner, asked, outputTokens);
  }
  return learner;
}

const newLearner = () => new LengthLearner({ chat: 200, code: 50 });

describe('before any answer', () => {
  it('expects the task’s prior, whatever else is known', () => {
    const model = newLearner().model(0);
    expect(predict(model, { client: 1, maxOutputTokens: 9 }).tokens).toBeCloseTo(200, 2);
    expect(predict(model, { task: 'code' }).tokens).toBeCloseTo(50, 2);
  });

  it('says nothing of a task the catalogue does not have', () => {
    expect(predictLength(newLearner().model(0), 'poetry', [])).toBeUndefined();
  });
});

describe('lengths that depend on the request', () => {
  const planted: readonly (readonly [string, Asked, Asked])[] = [
    ['its client', { client: 11 }, { client: 22 }],
    ['its system prompt', { template: 11 }, { template: 22 }],
    ['its first words', { opening: 11 }, { opening: 22 }],
    ['its last words', { ending: 11 }, { ending: 22 }],
    ['the format asked for', { format: 11 }, {}],
    ['its max_tokens', { maxOutputTokens: 100 }, { maxOutputTokens: 4_000 }],
    ['its class', { class: 'batch' }, { class: 'interactive' }],
    ['its prompt’s length', { promptTokens: 100 }, { promptTokens: 3_000 }],
    ['the turns so far', { turns: 1 }, { turns: 20 }],
  ];

  it.each(planted)('are told apart by %s', (_, short, long) => {
    const model = taught(2_000, (random) =>
      random() < 0.5 ? [short, around(40, 0.5, random)] : [long, around(400, 0.5, random)],
    ).model(0);
    expect(predict(model, short).quantiles![1] / 40).toBeCloseTo(1, 0);
    expect(predict(model, long).quantiles![1] / 400).toBeCloseTo(1, 0);
  });

  it('are told apart by the variant that answers, and by the mean of both before that is known', () => {
    const model = taught(2_000, (random) =>
      random() < 0.5
        ? [{ variant: 'terse' }, around(50, 0.3, random)]
        : [{ variant: 'chatty' }, around(200, 0.3, random)],
    ).model(0);
    const before = predict(model, {});
    const median = (variant: string) => onVariant(before, model, 'chat', variant).quantiles![1];
    expect(median('terse')).toBeGreaterThan(40);
    expect(median('terse')).toBeLessThan(62);
    expect(median('chatty')).toBeGreaterThan(160);
    expect(median('chatty')).toBeLessThan(250);
    expect(before.quantiles![1]).toBeGreaterThan(80);
    expect(before.quantiles![1]).toBeLessThan(125);
  });

  it('have narrower quantiles where they vary less', () => {
    const model = taught(4_000, (random) =>
      random() < 0.5
        ? [{ template: 1 }, around(100, 0.1, random)]
        : [{ template: 2 }, around(100, 1, random)],
    ).model(0);
    const width = (template: number) => {
      const [p10, , p90] = predict(model, { template }).quantiles!;
      return Math.log(p90 / p10) / 2.563;
    };
    expect(width(1)).toBeLessThan(0.25);
    expect(width(2)).toBeGreaterThan(0.7);
    expect(predict(model, { template: 1 }).logVariance).toBeLessThan(
      predict(model, { template: 2 }).logVariance / 8,
    );
  });

  it('change, and are learned anew', () => {
    const draw = (of: (client: number) => number) => (random: Random) => {
      const client = random() < 0.5 ? 1 : 2;
      return [{ client }, around(of(client), 0.4, random)] as const;
    };
    const learner = taught(
      5_000,
      draw((client) => (client === 1 ? 30 : 300)),
    );
    taught(
      3_000,
      draw((client) => (client === 1 ? 300 : 30)),
      learner,
    );
    const model = learner.model(0);
    expect(predict(model, { client: 1 }).quantiles![1]).toBeGreaterThan(150);
    expect(predict(model, { client: 2 }).quantiles![1]).toBeLessThan(60);
  });
});

describe('what is said of the predictions', () => {
  const mixed = (random: Random) => {
    const client = Math.floor(random() * 5);
    return [
      { client, promptTokens: 50 + Math.floor(random() * 2_000) },
      around(20 * 3 ** client, 0.6, random),
    ] as const;
  };

  it('quantiles cover the share of answers they name', () => {
    const learner = taught(6_000, mixed);
    const model = learner.model(0);
    const random = seededRandom(8);
    const covered = [0, 0, 0];
    const answers = 6_000;
    for (let index = 0; index < answers; index++) {
      const [asked, tokens] = mixed(random);
      for (const [level, quantile] of predict(model, asked).quantiles!.entries())
        if (tokens <= quantile) covered[level]! += 1 / answers;
    }
    expect(covered[0]).toBeCloseTo(0.1, 1);
    expect(covered[1]).toBeCloseTo(0.5, 1);
    expect(covered[2]).toBeCloseTo(0.9, 1);
  });

  it('the mean is the mean, also of lengths that are not log-normal', () => {
    const uniform = (random: Random) => [{}, 1 + Math.floor(random() * 99)] as const;
    const { tokens: half } = predict(taught(4_000, uniform).model(0), {});
    expect(half).toBeGreaterThan(44);
    expect(half).toBeLessThan(56);
    const rare = (random: Random) => [{}, random() < 0.05 ? 1_000 : 10] as const;
    const { tokens } = predict(taught(4_000, rare).model(0), {});
    expect(tokens).toBeGreaterThan(35);
    expect(tokens).toBeLessThan(90);
  });

  it('the calibration says how many were covered, and how well they were ordered', () => {
    const ordered = predict(taught(4_000, mixed).model(0), {}).calibration!;
    expect(ordered.samples).toBe(4_000);
    expect(ordered.coverage[0]).toBeCloseTo(0.1, 1);
    expect(ordered.coverage[2]).toBeCloseTo(0.9, 1);
    expect(ordered.kendallTau).toBeGreaterThan(0.6);
    const noise = taught(4_000, (random) => [{ client: Math.floor(random() * 5) }, around(100, 0.6, random)]);
    expect(Math.abs(predict(noise.model(0), {}).calibration!.kendallTau)).toBeLessThan(0.25);
  });

  it('features that tell nothing change nothing', () => {
    const model = taught(4_000, (random) => [
      { client: Math.floor(random() * 50), promptTokens: 1 + Math.floor(random() * 4_000) },
      around(100, 0.8, random),
    ]).model(0);
    const tokens = Array.from(
      { length: 50 },
      (_, client) => predict(model, { client, promptTokens: 77 * client }).tokens,
    );
    expect(new Set(tokens).size).toBe(1);
  });

  it('a bound on the answer bounds all of it', () => {
    const prediction = predict(newLearner().model(0), {});
    const { tokens, quantiles } = capped(prediction, 150);
    expect(tokens).toBe(150);
    expect(quantiles![2]).toBe(150);
    expect(quantiles![0]).toBe(prediction.quantiles![0]);
    expect(capped(prediction, undefined)).toBe(prediction);
  });
});

describe('answers that a bound cut short', () => {
  it('teach that lengths are larger, never that they are smaller', () => {
    const learner = newLearner();
    for (let index = 0; index < 100; index++) learn(learner, {}, 10, true);
    expect(predict(learner.model(0), {}).tokens).toBeCloseTo(200, 2);
    for (let index = 0; index < 300; index++) learn(learner, {}, 2_000, true);
    expect(predict(learner.model(1), {}).quantiles![1]).toBeGreaterThan(1_500);
  });
});

describe('bounds', () => {
  it('memory stays what it was, whatever a million requests bring', { timeout: 120_000 }, () => {
    const learner = newLearner();
    const random = seededRandom(3);
    const size = () => JSON.stringify(learner.state().tasks).length;
    const draw = () => Math.floor(random() * 2 ** 32);
    for (let index = 0; index < 1_000_000; index++) {
      const traits = { client: draw(), template: draw(), opening: draw(), ending: draw(), format: draw() };
      const asked = {
        ...traits,
        promptTokens: 1 + (draw() % 100_000),
        maxOutputTokens: 1 + (draw() % 9_999),
      };
      learn(learner, asked, 1 + (draw() % 3_000));
    }
    const { locations, scales } = learner.state();
    expect([locations.means.length, scales.variances.length]).toEqual([SLOTS, SLOTS]);
    expect(size()).toBeLessThan(4_000);
    const { tokens, quantiles } = predict(learner.model(0), { client: draw() });
    expect(tokens).toBeGreaterThan(1_000);
    expect(tokens).toBeLessThan(2_200);
    expect(quantiles!.every(Number.isFinite)).toBe(true);
  });

  it('a model is no larger than a few kilobytes', () => {
    const { locations, scales, tasks } = taught(100, (random) => [{}, around(50, 1, random)]).model(0);
    expect(locations.byteLength + scales.byteLength + JSON.stringify(tasks).length).toBeLessThan(5_120);
  });

  it('every slot lies in the table, whatever the request', () => {
    const random = seededRandom(4);
    const draw = () => Math.floor(random() * 2 ** 32);
    for (let index = 0; index < 10_000; index++) {
      const traits = { client: draw(), template: draw(), opening: draw(), ending: draw(), format: draw() };
      const asked = {
        ...traits,
        promptTokens: draw(),
        maxOutputTokens: 1 + draw(),
        turns: 1 + (draw() % 4_096),
      };
      for (const slot of [...slotsFor(asked), variantSlot(`task-${index}`, `variant-${draw()}`)]) {
        expect(slot).toBeGreaterThanOrEqual(0);
        expect(slot).toBeLessThan(SLOTS);
      }
    }
  });

  it('lengths of nothing but one value are predicted to the token', () => {
    const model = taught(3_000, () => [{}, 17]).model(0);
    const { tokens, quantiles } = predict(model, {});
    expect(Math.round(tokens)).toBe(17);
    expect(quantiles!.map(Math.round)).toEqual([17, 17, 17]);
  });
});

describe('what travels and what is kept', () => {
  const draw = (random: Random) => {
    const client = Math.floor(random() * 3);
    return [{ client }, around(50 * (client + 1) ** 2, 0.5, random)] as const;
  };

  it('the same answers teach the same', () => {
    expect(taught(500, draw).model(0)).toEqual(taught(500, draw).model(0));
  });

  it('a learner goes on from its state as if nothing had happened', () => {
    const uninterrupted = taught(500, draw);
    const resumed = new LengthLearner({ chat: 200, code: 50 }, structuredClone(uninterrupted.state()));
    taught(500, draw, uninterrupted);
    taught(500, draw, resumed);
    expect(resumed.model(0)).toEqual(uninterrupted.model(0));
  });

  it('a task that came into the catalogue later begins at its prior, the others go on', () => {
    const before = taught(500, draw);
    const learner = new LengthLearner({ chat: 200, story: 900 }, before.state());
    expect(predict(learner.model(0), { task: 'story' }).tokens).toBeCloseTo(900, 0);
    expect(predict(learner.model(0), { client: 2 })).toEqual(predict(before.model(0), { client: 2 }));
  });

  it('weights of another layout are not read', () => {
    const state = { ...taught(500, draw).state(), layout: -1 };
    expect(predict(new LengthLearner({ chat: 200 }, state).model(0), {}).tokens).toBeCloseTo(200, 2);
  });

  it('a model is published once a second, and sooner while little is known', () => {
    const learner = newLearner();
    const first = learner.model(0);
    learn(learner, {}, 50);
    const second = learner.model(0);
    expect(second.revision).toBeGreaterThan(first.revision);
    taught(1_000, draw, learner);
    const third = learner.model(10);
    learn(learner, {}, 50);
    expect(learner.model(1_009)).toBe(third);
    expect(learner.model(1_010).revision).toBe(1_010);
    expect(learner.model(9_999).revision).toBe(1_010);
  });
});
