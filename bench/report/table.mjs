// Tables as Markdown, in columns of one width, and figures that a person reads.

/** Three digits, as many of them behind the point as that takes. */
export function figure(number) {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(number) || 1)));
  return number.toFixed(Math.min(digits, 3));
}

/** The first row is the head; all columns but the first are numbers, and stand to the right. */
export function table([head, ...rows]) {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => [...row[column]].length)));
  const pad = (text, column) => {
    const room = ' '.repeat(widths[column] - [...text].length);
    return column === 0 ? text + room : room + text;
  };
  const line = (row) => `| ${row.map(pad).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}
