import { basename, dirname, resolve } from "node:path";
import { watch } from "chokidar";

/** Watches the folders of a set of files. */
export interface Watcher {
  /** Takes the place of what was watched; fulfilled when watching has begun. */
  watch(files: readonly string[], folders: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Quiet after the last event before files are read again, and the longest wait while events go on. */
export interface WatcherPace {
  readonly quietMs: number;
  readonly longestMs: number;
}

export const defaultWatcherPace: WatcherPace = { quietMs: 30, longestMs: 1_000 };

/**
 * Calls `changed` after files may have changed, once for a burst. Folders are watched, never files: a rename over a file
 * and a swapped symbolic link are then seen as surely as a write. What changed is not said; the reader compares contents.
 */
export function createWatcher(
  changed: () => void,
  onError: (error: unknown) => void,
  pace: WatcherPace = defaultWatcherPace,
): Watcher {
  return new FolderWatcher(changed, onError, pace);
}

class FolderWatcher implements Watcher {
  readonly #changed: () => void;
  readonly #onError: (error: unknown) => void;
  readonly #pace: WatcherPace;
  #watcher: ReturnType<typeof watch> | null = null;
  #files = new Set<string>();
  #folders = new Set<string>();
  #watched = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #firstAtMs = 0;

  constructor(changed: () => void, onError: (error: unknown) => void, pace: WatcherPace) {
    this.#changed = changed;
    this.#onError = onError;
    this.#pace = pace;
  }

  async watch(files: readonly string[], folders: readonly string[]): Promise<void> {
    const wanted = new Set([...folders, ...files.map((file) => dirname(file))]);
    const added = [...wanted].filter((folder) => !this.#watched.has(folder));
    const gone = [...this.#watched].filter((folder) => !wanted.has(folder));
    this.#files = new Set(files);
    this.#folders = new Set(folders);
    this.#watched = wanted;
    if (this.#watcher === null) {
      await this.#begin([...wanted]);
      return;
    }
    if (gone.length > 0) this.#watcher.unwatch(gone);
    if (added.length > 0) this.#watcher.add(added);
  }

  #begin(folders: string[]): Promise<void> {
    const { promise, resolve: begun } = Promise.withResolvers<void>();
    const watcher = watch(folders, {
      ignoreInitial: true,
      followSymlinks: false,
      depth: 0,
      atomic: false,
      ignored: (path) => !this.#matters(path),
    });
    this.#watcher = watcher;
    watcher.on("all", (_event, path) => this.#note(path));
    watcher.on("raw", (_event, path, details) => {
      const folder = (details as { readonly watchedPath?: string } | null)?.watchedPath;
      if (typeof path === "string") this.#note(folder === undefined ? path : resolve(folder, path));
    });
    watcher.on("error", this.#onError);
    watcher.on("ready", () => begun());
    return promise;
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#watcher?.close();
  }

  /** Policies of a watched folder and the cases beside them, files that were read, and the hidden entries behind which Kubernetes swaps them. */
  #matters(path: string): boolean {
    const place = resolve(path);
    if (this.#files.has(place) || this.#watched.has(place)) return true;
    const name = basename(place);
    if (name.startsWith("..")) return true;
    const isPolicy = name.endsWith(".policy") || name.endsWith(".cases.yaml");
    return isPolicy && !name.startsWith(".") && this.#folders.has(dirname(place));
  }

  #note(path: string): void {
    if (!this.#matters(path)) return;
    const now = performance.now();
    if (this.#timer === null) this.#firstAtMs = now;
    else clearTimeout(this.#timer);
    const left = this.#firstAtMs + this.#pace.longestMs - now;
    const delay = Math.max(0, Math.min(this.#pace.quietMs, left));
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#changed();
    }, delay).unref();
  }
}
