import { describe, expect, it } from 'vitest';
import { Agenda } from '../../policy/arena/agenda.ts';

describe('Agenda', () => {
  it('lets the changes of a moment happen before its messages, each in the order they were announced', () => {
    const agenda = new Agenda();
    const happened: string[] = [];
    agenda.after(5, () => happened.push('message 1'));
    agenda.changeAt(5, () => happened.push('change 1'));
    agenda.at(5, () => happened.push('message 2'));
    agenda.changeAt(5, () => happened.push('change 2'));
    expect(agenda.nextMs).toBe(5);
    expect(agenda.happenNow()).toBe(false);
    agenda.moveTo(5);
    while (agenda.happenNow());
    expect(happened).toEqual(['change 1', 'change 2', 'message 1', 'message 2']);
  });

  it('delivers at once what takes no time', () => {
    const agenda = new Agenda();
    let arrived = false;
    agenda.after(0, () => {
      arrived = true;
    });
    expect([arrived, agenda.quiet]).toEqual([true, true]);
  });

  it('is quiet when only changes are to come', () => {
    const agenda = new Agenda();
    agenda.changeAt(9, () => {});
    expect([agenda.quiet, agenda.nextMs]).toEqual([true, 9]);
    agenda.after(3, () => {});
    expect([agenda.quiet, agenda.nextMs]).toEqual([false, 3]);
  });
});
