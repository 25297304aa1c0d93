// What the npm packages are licensed under: what is allowed, and what is not.

const CODE = [
  'MIT',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MPL-2.0',
  '0BSD',
  'CC0-1.0',
  'Unlicense',
  'BlueOak-1.0.0',
];
const FONTS = [...CODE, 'OFL-1.1'];

/** Whether an SPDX expression leaves a choice that is allowed. Anything unusual is not. */
function isAllowed(expression, allowed) {
  const inner = expression.replace(/^\((.*)\)$/, '$1');
  if (inner.includes(' OR ')) return inner.split(' OR ').some((part) => isAllowed(part, allowed));
  if (inner.includes(' AND ')) return inner.split(' AND ').every((part) => isAllowed(part, allowed));
  return allowed.includes(inner);
}

/** The packages of a package-lock.json whose licence is not allowed, or not named. */
export function refused(lock) {
  return Object.entries(lock.packages)
    .filter(([, { link }]) => !link)
    .filter(
      ([path, { license }]) => !isAllowed(license ?? '', path.startsWith('node_modules/@fontsource') ? FONTS : CODE),
    )
    .map(([path, { license }]) => `${path || 'the package itself'}: ${license ?? 'no licence named'}`);
}
