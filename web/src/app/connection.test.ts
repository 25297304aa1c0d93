import type { StatusView } from '@sotto/client';
import { expect, it } from 'vitest';
import { connectionWords, isTroubled, meanwhile } from './connection';

const status = (more: Partial<StatusView>): StatusView => ({
  name: 'Ada',
  account: '00',
  relay: 'https://relay.example',
  connection: 'online',
  connection_detail: null,
  retry_at: null,
  prekeys: null,
  queued: 0,
  waiting_for_you: 0,
  agent_change: null,
  version: '0.1.0',
  ...more,
});

it('counts down to the next attempt', () => {
  const offline = status({ connection: 'offline', retry_at: '2026-11-21T10:00:08Z', queued: 2 });
  const now = Date.parse('2026-11-21T10:00:00.500Z');
  expect(connectionWords(offline, now).short).toBe('Offline, retrying in 8 s');
  expect(connectionWords(offline, now + 60_000).short).toBe('Offline, retrying');
  expect(meanwhile(offline)).toContain('2 messages will go out');
});

it('says how much is under way', () => {
  expect(connectionWords(status({ connection: 'syncing', queued: 3 }), 0).short).toBe('Syncing 3');
  expect(connectionWords(status({}), 0).short).toBe('Online');
});

it('stays in trouble while it is tried again, and a first attempt is none', () => {
  const detail = 'The relay https://relay.example cannot be reached (it did not answer, or the line broke).';
  expect(isTroubled(status({ connection: 'offline', connection_detail: detail }))).toBe(true);
  expect(isTroubled(status({ connection: 'connecting', connection_detail: detail }))).toBe(true);
  expect(isTroubled(status({ connection: 'connecting' }))).toBe(false);
  expect(isTroubled(status({}))).toBe(false);
});
