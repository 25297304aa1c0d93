// Makes the table `session` of what was measured. Arguments: the folder with native.json, allocations.json
// and browser.json; the load before it all began; the folder into which session.json and session.md go.
import { readFileSync, writeFileSync } from 'node:fs';
import { machine } from '../report/machine.mjs';
import { ratio, summary } from '../report/statistics.mjs';
import { figure, table } from '../report/table.mjs';
import { aims } from './aims.mjs';

const [folder, loadBefore, out] = process.argv.slice(2);
const read = (name) => JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8'));
const [native, browser, counted] = [read('native'), read('browser'), read('allocations')];

const OURS = 'sotto';
const COLUMNS = ['sotto', 'sotto again', 'aead', 'aead + signature', 'vodozemac', 'libsodium', 'noble', 'matrix'];

/** One row with what is computed of it. */
function row({ row: name, nanoseconds }) {
  const ours = nanoseconds[OURS];
  const micros = Object.entries(nanoseconds).map(([who, times]) => [who, summary(times.map((time) => time / 1000))]);
  const others = Object.entries(nanoseconds).filter(([who]) => who !== OURS);
  const result = {
    row: name,
    microseconds: Object.fromEntries(micros),
    ratios: Object.fromEntries(others.map(([who, times]) => [who, ratio(ours, times)])),
  };
  const { aead, 'aead + signature': signed } = nanoseconds;
  if (signed) {
    const signature = signed.map((time, round) => time - aead[round]);
    const less = ours.map((time, round) => time - signature[round]);
    result.signature = summary(signature.map((time) => time / 1000));
    result.unsigned = {
      microseconds: summary(less.map((time) => time / 1000)),
      ratios: Object.fromEntries(others.map(([who, times]) => [who, ratio(less, times)])),
    };
  }
  return result;
}

/** The most that something differs from itself: the noise of this run. */
function noise(rows) {
  return Math.max(...rows.map(({ ratios }) => Math.abs(ratios['sotto again'].median - 1)));
}

const engine = ({ version, rows }, name) => ({ name, version, rows: rows.map(row) });
const engines = { native: engine(native, 'native'), browser: engine(browser, 'browser') };
const names = [...new Set([...Object.keys(native.sizes), ...Object.keys(browser.sizes)])];
const sizes = Object.fromEntries(names.map((name) => [name, { ...browser.sizes[name], ...native.sizes[name] }]));
const report = {
  table: 'session',
  machine: { ...machine(), load_before: Number(loadBefore), browser: browser.version },
  rounds: native.rows[0].nanoseconds[OURS].length,
  engines,
  noise: { native: noise(engines.native.rows), browser: noise(engines.browser.rows) },
  sizes,
  allocations: counted,
  aims: aims(engines, sizes, counted),
};

/** A cell: the median, the quartiles, and how many times as long ours takes. */
function cell({ microseconds, ratios }, who) {
  const found = microseconds[who];
  if (!found) return '–';
  const { median, first_quartile, third_quartile } = found;
  const times = who === OURS ? '' : ` ×${figure(ratios[who].median)}`;
  return `${figure(median)} (${figure(first_quartile)}–${figure(third_quartile)})${times}`;
}

function times({ name, rows }) {
  const columns = COLUMNS.filter((who) => rows.some(({ microseconds }) => microseconds[who]));
  const body = rows.map((one) => [
    one.row,
    ...columns.map((who) => cell(one, who)),
    one.unsigned
      ? `${figure(one.unsigned.microseconds.median)} (×${figure(one.unsigned.ratios.aead.median)} aead)`
      : '–',
  ]);
  return table([[`${name}, µs`, ...columns, 'sotto less its signature'], ...body]);
}

function bytes() {
  const columns = COLUMNS.filter((who) => Object.values(sizes).some((of) => of[who]));
  const body = Object.entries(sizes).map(([name, of]) => [
    name,
    ...columns.map((who) => (of[who] ? figure(of[who]) : '–')),
  ]);
  return table([['bytes', ...columns], ...body]);
}

function allocations() {
  const { early, late, allocations: steps } = counted;
  const shown = ({ count, bytes, most_at_once }) => `${count}, ${bytes} B, ${most_at_once} B at once`;
  const body = steps.map((step) => [`${step.conversation}, ${step.step}`, shown(step.early), shown(step.late)]);
  return table([['allocations', `message ${early}`, `message ${late}`], ...body]);
}

const percent = (part) => `${(part * 100).toFixed(1)} %`;
const { machine: on } = report;
const markdown = `# session

${on.measured_at}, commit ${on.commit}: ${on.processor}, ${on.cores} cores, load ${on.load_before} before and ${figure(on.load)} after; \
Linux ${on.kernel}, ${on.rustc}, ${on.browser}. ${report.rounds} rounds; median (first–third quartile) ×how many times as long sotto takes. \
Two of ours differ in their medians by up to ${percent(report.noise.native)} natively and ${percent(report.noise.browser)} in the browser: smaller differences mean nothing.

${times(engines.native)}

${times(engines.browser)}

${bytes()}

${allocations()}

${report.aims.map(({ aim, met, figure: found }) => `- ${met ? 'met' : 'MISSED'}: ${aim}. ${found}`).join('\n')}
`;

writeFileSync(`${out}/session.json`, `${JSON.stringify(report, null, 2)}\n`);
writeFileSync(`${out}/session.md`, markdown);
process.stdout.write(markdown);
