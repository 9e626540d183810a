const pollMs = 500;

/** Aborts when whoever started this process is gone without a word, as after a SIGKILL. */
export function orphaned(): AbortSignal {
  const controller = new AbortController();
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && controller.abort(), pollMs).unref();
  return controller.signal;
}
