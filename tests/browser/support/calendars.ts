/** Calendar files: those of the repository, and some made for the week in which the tests run. */

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { inRepository } from './processes.ts';

/** As a browser is given it. */
export interface CalendarFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** The path of a file among the test data. */
export function fixture(name: string): string {
  return inRepository(`client-core/tests/data/calendars/${name}`);
}

export interface Appointment {
  title: string;
  /** "2026-11-30" */
  day: string;
  /** "09:00" */
  from: string;
  to: string;
  location?: string;
}

/** An iCalendar file in a time zone that needs no description of its own. */
export function calendar(name: string, zone: string, appointments: readonly Appointment[]): CalendarFile {
  const at = (day: string, time: string) => `${day.replaceAll('-', '')}T${time.replace(':', '')}00`;
  const events = appointments.flatMap(({ title, day, from, to, location }, index) => [
    'BEGIN:VEVENT',
    `UID:${index}-${day}@tests.invalid`,
    'DTSTAMP:20260101T000000Z',
    `DTSTART;TZID=${zone}:${at(day, from)}`,
    `DTEND;TZID=${zone}:${at(day, to)}`,
    `SUMMARY:${title}`,
    ...(location ? [`LOCATION:${location}`] : []),
    'END:VEVENT',
  ]);
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Sotto//Tests//EN',
    `X-WR-CALNAME:${name}`,
    ...events,
    'END:VCALENDAR',
    '',
  ];
  return { name: `${name}.ics`, mimeType: 'text/calendar', buffer: Buffer.from(lines.join('\r\n')) };
}

/** A file of the disk. */
export function calendarFile(path: string): CalendarFile {
  return { name: basename(path), mimeType: 'text/calendar', buffer: readFileSync(path) };
}
