/** A progress bar on a terminal; silent anywhere else. */
export interface Progress {
  /** Shows the share done, 0 to 1 or null where nobody knows the whole, and how many of what. */
  show(share: number | null, count: number): void;
  /** Wipes the line. */
  clear(): void;
}

const width = 28;
const redrawMs = 80;

/** Draws on `stream`, at most a dozen times a second. */
export function createProgress(
  noun: string,
  stream: NodeJS.WriteStream = process.stderr,
): Progress {
  if (stream.isTTY !== true) return { show: () => undefined, clear: () => undefined };
  const startedAtMs = performance.now();
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  return {
    show(share, count) {
      const nowMs = performance.now();
      if (nowMs - drawnAtMs < redrawMs) return;
      drawnAtMs = nowMs;
      const perSecond = Math.round(count / Math.max(0.001, (nowMs - startedAtMs) / 1000));
      stream.write(
        `\r${share === null ? "" : barOf(Math.min(1, share))}${count.toLocaleString("en")} ${noun}, ${perSecond.toLocaleString("en")}/s\u001b[K`,
      );
    },
    clear() {
      stream.write("\r\u001b[K");
    },
  };
}

function barOf(share: number): string {
  const full = Math.round(share * width);
  return `${"█".repeat(full)}${"░".repeat(width - full)} ${Math.floor(share * 100)} %  `;
}
