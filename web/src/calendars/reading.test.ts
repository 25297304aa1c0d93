import { expect, it } from 'vitest';
import { importFile, MAX_FILE_BYTES } from './reading';

/** A file of that size, and whether anybody asked for what is in it. */
function file(size: number) {
  const asked = { content: false };
  const arrayBuffer = () => {
    asked.content = true;
    return Promise.reject(new Error('nothing is in it'));
  };
  return { asked, file: { name: 'years.ics', size, arrayBuffer } };
}

const nobody = {
  readCalendar: () => Promise.reject(new Error('not to be asked')),
  command: () => Promise.reject(new Error('not to be asked')),
};

it('refuses a file that is too large before it is read', async () => {
  const { asked, file: large } = file(MAX_FILE_BYTES + 1);
  expect(await importFile(nobody, large)).toEqual({
    file: 'years.ics',
    report: null,
    guessed: false,
    problem: {
      message: 'Expected a calendar of at most 16 MiB, found 17 MiB.',
      nextStep: 'Export fewer years as .ics and import that file; nothing was changed.',
      code: 'calendar_invalid',
    },
  });
  expect(asked.content).toBe(false);
});

it('reads one that is just as large as it may be', async () => {
  const { asked, file: full } = file(MAX_FILE_BYTES);
  expect((await importFile(nobody, full)).report).toBeNull();
  expect(asked.content).toBe(true);
});
