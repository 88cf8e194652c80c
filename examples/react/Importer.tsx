import { useState, type ChangeEvent } from "react";
import type { SupabaseClient } from "@supabase/supabase-js";
import { ImportJobsError, importFile, rejections, type ImportRun, type Job, type Rejection } from "import-jobs";

const SHOWN = 100;

/** Choose a CSV file, import it into a target, and see what was rejected and why. */
export function Importer({ supabase, target }: { supabase: SupabaseClient; target: string }) {
  const [percent, setPercent] = useState<number>();
  const [run, setRun] = useState<ImportRun>();
  const [job, setJob] = useState<Job>();
  const [rejected, setRejected] = useState<Rejection[]>([]);
  const [error, setError] = useState<ImportJobsError>();

  async function start(event: ChangeEvent<HTMLInputElement>): Promise<void> {
    const file = event.target.files?.[0];
    if (!file) return;
    [setJob, setError].forEach((clear) => clear(undefined));
    setRejected([]);
    const started = importFile(supabase, file, { target, onProgress: (value) => setPercent(Math.floor(value)) });
    setRun(started);
    try {
      const done = await started;
      setJob(done);
      const rows: Rejection[] = [];
      for await (const row of rejections(supabase, done.id)) {
        if (rows.push(row) === SHOWN) break;
      }
      setRejected(rows);
    } catch (failure) {
      if (!(failure instanceof ImportJobsError)) throw failure;
      setError(failure);
    } finally {
      setRun(undefined);
    }
  }

  return (
    <section>
      <input type="file" accept=".csv,.tsv,.txt,.gz,.zip,.zst" onChange={(event) => void start(event)} disabled={!!run} />
      {run && <button onClick={() => run.pause()}>Pause</button>}
      {run && <button onClick={() => run.resume()}>Resume</button>}
      {percent !== undefined && <progress max={100} value={percent} />}
      {job && <p role="status">{`${job.rows_loaded} rows loaded, ${job.rows_rejected} rejected`}</p>}
      {error && <p role="alert">{`${error.message} (${error.code}). ${error.hint}`}</p>}
      <ul>
        {rejected.map((row) => (
          <li key={`${row.record_number}.${row.position}`}>{`Line ${row.line_number}: ${row.message} (${row.code})`}</li>
        ))}
      </ul>
    </section>
  );
}
