/** Reading a calendar file that the user chose. */

import type { ImportReport, Sotto } from '@sotto/client';
import { problemOf, type Problem } from '../sotto/problem';

/** The longest file that is read, in bytes: 16 MiB, as the core takes it (`MAX_ICS_BYTES`). */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** What became of one file. */
export interface ImportResult {
  file: string;
  report: ImportReport | null;
  /** Whether its letters are a guess, as the file does not say. */
  guessed: boolean;
  problem: Problem | null;
}

/** Imports the file, and never fails: what was wrong with it is in the result. */
export async function importFile(
  sotto: Pick<Sotto, 'readCalendar' | 'command'>,
  file: Pick<File, 'name' | 'size' | 'arrayBuffer'>,
): Promise<ImportResult> {
  const refused = { file: file.name, report: null, guessed: false };
  const tooLarge = sizeProblem(file.size);
  if (tooLarge) return { ...refused, problem: tooLarge };
  try {
    const { ics, encoding } = await sotto.readCalendar(new Uint8Array(await file.arrayBuffer()));
    const report = await sotto.command({ type: 'import_calendar', file_name: file.name, ics });
    return { file: file.name, report, guessed: encoding === 'windows1252', problem: null };
  } catch (error) {
    return { ...refused, problem: problemOf(error) };
  }
}

/** The core's refusal of a file of that many bytes, which need not be in memory for it. */
function sizeProblem(bytes: number): Problem | null {
  if (bytes <= MAX_FILE_BYTES) return null;
  const mib = (size: number) => Math.ceil(size / 1024 ** 2);
  return {
    message: `Expected a calendar of at most ${mib(MAX_FILE_BYTES)} MiB, found ${mib(bytes)} MiB.`,
    nextStep: 'Export fewer years as .ics and import that file; nothing was changed.',
    code: 'calendar_invalid',
  };
}
