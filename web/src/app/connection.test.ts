import type { StatusView } from '@sotto/client';
import { expect, it } from 'vitest';
import { connectionWords } from './connection';

const status = (more: Partial<StatusView>): StatusView => ({
  name: 'Ada',
  account: '00',
  relay: 'https://relay.example',
  connection: 'online',
  connection_detail: null,
  retry_at: null,
  queued: 0,
  waiting_for_you: 0,
  version: '0.1.0',
  ...more,
});

it('counts down to the next attempt', () => {
  const offline = status({ connection: 'offline', retry_at: '2026-11-21T10:00:08Z', queued: 2 });
  const now = Date.parse('2026-11-21T10:00:00.500Z');
  expect(connectionWords(offline, now).short).toBe('Offline, retrying in 8 s');
  expect(connectionWords(offline, now + 60_000).short).toBe('Offline, retrying');
  expect(connectionWords(offline, now).long).toContain('2 messages will go out');
});

it('says how much is under way', () => {
  expect(connectionWords(status({ connection: 'syncing', queued: 3 }), 0).short).toBe('Syncing 3');
  expect(connectionWords(status({}), 0).short).toBe('Online');
});
