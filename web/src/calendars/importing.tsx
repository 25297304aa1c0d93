import { createContext, use, useCallback, useMemo, useRef, useState, type ReactNode } from 'react';
import { browserZone } from '../lib/zone';
import { useAway } from '../settings/away';
import { useSotto } from '../sotto/context';
import { useQuery } from '../sotto/useQuery';
import { ImportDialog } from './ImportDialog';
import { importFile, type ImportResult } from './reading';

export interface Importing {
  /** Lets the user choose files. */
  pick: () => void;
  read: (files: readonly File[]) => void;
  busy: boolean;
}

const ImportContext = createContext<Importing | null>(null);

export function useImporting(): Importing {
  const importing = use(ImportContext);
  if (!importing) throw new Error('useImporting needs an ImportProvider above it');
  return importing;
}

/** Reading calendar files, from wherever they come. */
export function ImportProvider({ children }: { children: ReactNode }) {
  const sotto = useSotto();
  const away = useAway();
  const zone = useQuery({ type: 'preferences' }).data?.time_zone ?? browserZone();
  const picker = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [results, setResults] = useState<ImportResult[] | null>(null);

  const read = useCallback(
    async (files: readonly File[]) => {
      if (files.length === 0) return;
      setBusy(true);
      const done: ImportResult[] = [];
      for (const file of files) done.push(await importFile(sotto, file));
      setBusy(false);
      setResults(done);
    },
    [sotto],
  );

  const importing = useMemo<Importing>(
    () => ({ pick: () => picker.current?.click(), read: (files) => void read(files), busy }),
    [read, busy],
  );

  return (
    <ImportContext value={importing}>
      {children}
      <input
        ref={picker}
        type="file"
        accept=".ics,.ical,text/calendar"
        multiple
        hidden
        disabled={away !== null}
        aria-label="Calendar file"
        onChange={(event) => {
          importing.read([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
      {results && (
        <ImportDialog
          results={results}
          zone={zone}
          onClose={() => setResults(null)}
          onAgain={() => {
            setResults(null);
            importing.pick();
          }}
        />
      )}
      <span className="sr-only" role="status">
        {busy ? 'Reading the calendar.' : ''}
      </span>
    </ImportContext>
  );
}
