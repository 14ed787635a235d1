import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Drives of Windows have one letter. */
const scheme = /^[a-z][a-z0-9+.-]+:/i;

/**
 * Names of files as diagnostics say them: relative to the workspace's folder where they lie inside, else absolute. A text that
 * is on no disk keeps its URI as its name.
 */
export class FileNames {
  readonly root: string;
  /** As the client wrote them: it may escape more than we would. */
  readonly #uris = new Map<string, string>();

  constructor(root: string) {
    this.root = resolve(root);
  }

  /** The name of a document; remembers how the client writes it. */
  ofUri(uri: string): string {
    const name = this.#ofFileUri(uri);
    this.#uris.set(name, uri);
    return name;
  }

  #ofFileUri(uri: string): string {
    const path = this.pathOfUri(uri);
    return path === null ? uri : this.ofPath(path);
  }

  /** The path of a `file:` URI; null for one that names no file of this machine. */
  pathOfUri(uri: string): string | null {
    try {
      return fileURLToPath(uri);
    } catch {
      return null;
    }
  }

  ofPath(path: string): string {
    const near = relative(this.root, path);
    const isInside = near !== "" && near !== ".." && !near.startsWith(`..${sep}`);
    // A name that looks like a URI would be taken for one.
    return isInside && !scheme.test(near) ? near : path;
  }

  uriOf(name: string): string {
    const path = this.pathOf(name);
    return this.#uris.get(name) ?? (path === null ? name : pathToFileURL(path).href);
  }

  /** The absolute path of a name; null for a text on no disk. */
  pathOf(name: string): string | null {
    return scheme.test(name) ? null : resolve(this.root, name);
  }

  /** The folder that a file's own references start from. */
  folderOf(name: string): string {
    const path = this.pathOf(name);
    return path === null ? this.root : dirname(path);
  }
}
