/** "012345" → "012 345" */
export function codeGroups(code: string): string {
  return code.replace(/(\d{3})(?=\d)/g, '$1 ');
}

/** Digits in groups of five, as people read them to each other. */
export function digitGroups(digits: string): string[] {
  return digits.replace(/\D/g, '').match(/\d{1,5}/g) ?? [];
}

/** "9:05": what is left until an instant. */
export function timeLeft(until: number, now: number): string {
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
