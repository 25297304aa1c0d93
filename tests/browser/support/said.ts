/** What people typed and imported, and the words of it: nothing of it may be read by the relay. */

/** Shorter ones turn up by chance in so many bytes. */
const LEAST_LETTERS = 5;

/** The words of texts, and each short text as a whole, once. */
export function wordsOf(texts: readonly string[]): string[] {
  const words = new Set<string>();
  for (const text of texts.map((text) => text.trim())) {
    // An invitation is searched for as a whole; its letters are no words.
    const single = text.includes('#invite=') ? [] : (text.match(/\p{L}[\p{L}\p{M}]*/gu) ?? []);
    for (const word of single) if ([...word].length >= LEAST_LETTERS) words.add(word);
    if (text.length >= 8 && text.length <= 200) words.add(text);
  }
  return [...words];
}

/** What a calendar file says in words: titles, places, descriptions, people, names of calendars. */
export function textsOf(ics: string): string[] {
  const unfolded = ics.replace(/\r?\n[ \t]/g, '');
  const texts: string[] = [];
  for (const line of unfolded.split(/\r?\n/)) {
    const value = /^(?:SUMMARY|LOCATION|DESCRIPTION|COMMENT|X-WR-CALNAME|NAME)(?:;[^:]*)?:(.*)$/.exec(line)?.[1];
    if (value) texts.push(...value.split(/\\n/i).map((part) => part.replace(/\\([,;\\])/g, '$1')));
    const person = /^(?:ATTENDEE|ORGANIZER)[^:]*?CN="?([^";:]+)/.exec(line)?.[1];
    if (person) texts.push(person);
  }
  return texts;
}
