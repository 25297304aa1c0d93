import type { ReactNode } from 'react';
import { Mark } from '../ui/Mark';
import './vault.css';

const LINES = [0, 1, 2, 3, 4, 5, 6];

/** Two voices that come together: what the whole thing is about, in a drawing. */
function Converging() {
  return (
    <svg
      className="converging"
      viewBox="0 0 480 720"
      preserveAspectRatio="xMinYMid slice"
      fill="none"
      aria-hidden="true"
    >
      {LINES.map((line) => (
        <g key={line} opacity={1 - line * 0.12}>
          <path d={`M-20 ${40 + line * 34}C170 ${80 + line * 32} 290 ${200 + line * 19} 392 360`} />
          <path d={`M-20 ${680 - line * 34}C170 ${640 - line * 32} 290 ${520 - line * 19} 392 360`} />
        </g>
      ))}
      <circle cx="404" cy="360" r="9" />
    </svg>
  );
}

/** The page before the vault is open. */
export function Threshold({ children }: { children: ReactNode }) {
  return (
    <div className="threshold">
      <header className="threshold-art">
        <p className="wordmark">
          <Mark size={30} />
          <span>Sotto</span>
        </p>
        <Converging />
        <p className="threshold-line voice">Two agents, one time, and nobody else in the room.</p>
      </header>
      <main className="threshold-main" id="main" tabIndex={-1}>
        <div className="threshold-form">{children}</div>
      </main>
    </div>
  );
}
