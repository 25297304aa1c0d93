import type { ProposalState, ProposalView } from '@sotto/client';
import { describe, expect, it } from 'vitest';
import {
  calledOffWords,
  endOf,
  grouped,
  isCalledOff,
  isWaiting,
  nextWaiting,
  stateSentence,
  stateWords,
} from './words';

const proposal = (state: ProposalState, start = '2026-12-01T09:00:00Z'): ProposalView => ({
  id: `${state} ${start}`,
  contact: { id: 'c', name: 'Robin' },
  direction: 'outgoing',
  state,
  title: 'Garden',
  duration_minutes: 30,
  asked: null,
  untold: false,
  stopped: false,
  slot: { start, end: new Date(Date.parse(start) + 1_800_000).toISOString() },
  options: [],
  reason: null,
  expires_at: null,
  created_at: '2026-11-21T09:00:00Z',
  updated_at: '2026-11-21T09:00:00Z',
  event_uid: null,
});

describe('words', () => {
  it('say what goes on', () => {
    expect(stateWords(proposal('asking'), 'Europe/Berlin')).toBe('Asking Robin’s agent…');
    expect(stateWords(proposal('approval'), 'Europe/Berlin')).toBe('Robin asks for Tue 1 Dec, 10:00–10:30');
    expect(stateWords({ ...proposal('approval'), slot: null }, 'UTC')).toBe('Robin asks for 30 minutes');
  });

  it('claim nothing of the other side that it has not been told', () => {
    const untold = (state: ProposalState, reason: string | null = null) => ({
      ...proposal(state),
      untold: true,
      reason,
    });
    expect(stateWords(untold('asking'), 'UTC')).toBe('Not asked yet');
    expect(stateSentence(untold('asking'))).toContain('Robin’s agent does not know of it.');
    expect(stateWords(untold('proposed'), 'UTC')).toBe('Robin has not been told yet');
    expect(stateSentence(proposal('confirmed'))).toBe('It is in your calendar and in Robin’s.');
    expect(stateSentence(untold('confirmed'))).toMatch(/^It is in your calendar\. Robin has not been told yet/);
    expect(stateSentence(untold('cancelled', 'You called it off.'))).toMatch(
      /^You called it off\. Robin has not been told yet/,
    );
  });

  it('say what waits for a decision about the contact', () => {
    const stopped = (state: ProposalState, untold: boolean) => ({ ...proposal(state), stopped: true, untold });
    for (const state of ['asking', 'review', 'proposed', 'answered', 'approval'] as const) {
      expect(stateWords(stopped(state, true), 'UTC')).toBe('Waits, since sending to Robin is stopped');
    }
    expect(stateWords(stopped('confirmed', true), 'UTC')).toBe('Confirmed');
    expect(stateSentence(stopped('confirmed', true))).toBe(
      'It is in your calendar. Robin has not been told yet; it waits until you have decided about Robin.',
    );
    expect(stateSentence(stopped('approval', false))).toContain('when you have decided about Robin.');
  });

  it('know who is to act', () => {
    expect(
      (['asking', 'review', 'proposed', 'answered', 'approval', 'confirmed'] as const).filter((state) =>
        isWaiting(proposal(state)),
      ),
    ).toEqual(['review', 'approval']);
  });
});

describe('an end', () => {
  const cancelled = (reason: string | null) => ({ ...proposal('cancelled'), reason });
  const before = Date.parse('2026-11-21T00:00:00Z');
  const undelivered = 'Robin could not be told: the relay does not know their mailbox.';

  it('is news where the user had no part in it', () => {
    expect(endOf(cancelled('Robin called it off. “ill”'))).toEqual({ by: 'them', note: '“ill”' });
    expect(isCalledOff(cancelled('Robin called it off.'), before)).toBe(true);
    expect(isCalledOff(cancelled(undelivered), before)).toBe(true);
    for (const mine of ['You called it off. “ill”', `You called it off. ${undelivered}`, 'You ended the acquaintance.'])
      expect(isCalledOff(cancelled(mine), before), mine).toBe(false);
  });

  it('is no news once the time is over, or where there was none', () => {
    const off = cancelled('Robin called it off.');
    expect(isCalledOff(off, Date.parse('2026-12-01T09:30:00Z'))).toBe(false);
    expect(isCalledOff({ ...off, slot: null }, before)).toBe(false);
  });

  it('says what did not arrive', () => {
    const lost = cancelled(undelivered);
    expect(stateWords(lost, 'UTC')).toBe('Not sent');
    expect(stateWords({ ...lost, direction: 'incoming' }, 'UTC')).toBe('Not confirmed');
    expect(calledOffWords(lost, 'UTC')).toBe('Tue 1 Dec, 09:00–09:30 with Robin is off: “Garden”.');
    expect(stateWords(cancelled('Robin called it off.'), 'UTC')).toBe('Called off');
  });
});

it('goes around what waits', () => {
  const [first, other, second] = [proposal('review'), proposal('confirmed'), proposal('approval')];
  const all = [first, other, second];
  expect(nextWaiting(all, null)).toBe(first);
  expect(nextWaiting(all, other.id)).toBe(first);
  expect(nextWaiting(all, first.id)).toBe(second);
  expect(nextWaiting(all, second.id)).toBe(first);
  expect(nextWaiting([other], other.id)).toBeNull();
});

it('sorts meetings into groups', () => {
  const later = proposal('confirmed', '2026-12-03T09:00:00Z');
  const sooner = proposal('confirmed');
  const gone = proposal('confirmed', '2026-11-01T09:00:00Z');
  const groups = grouped(
    [later, proposal('rejected'), gone, proposal('review'), proposal('proposed'), sooner],
    Date.parse('2026-11-21T00:00:00Z'),
  );
  expect(groups.waiting.map(({ state }) => state)).toEqual(['review']);
  expect(groups.underWay.map(({ state }) => state)).toEqual(['proposed']);
  expect(groups.upcoming).toEqual([sooner, later]);
  expect(groups.past.map(({ state }) => state)).toEqual(['rejected', 'confirmed']);
});
