import { codeGroups } from '../lib/digits';
import './code.css';

/** Six digits, to be read across a room; read out one by one. */
export function Code({ code }: { code: string }) {
  return (
    <p className="code" role="img" aria-label={`Code: ${[...code].join(' ')}`}>
      {codeGroups(code)}
    </p>
  );
}
