import { createReadStream } from "node:fs";
import { type ReadRecord, readRecordSnapshot } from "../explain/snapshot-of-record.ts";
import { reasonOf } from "../files/read-files.ts";
import { LineSplitter } from "../simulator/split-lines.ts";
import { UsageError } from "./output.ts";

/**
 * Finds a decision record: `source` is the record itself as JSON, or a log of which `id` names a request. Of several requests
 * with one id the last counts. Holds one line at a time. Throws a UsageError that says what is missing.
 */
export async function findRecord(source: string, id: string | undefined): Promise<ReadRecord> {
  if (source.trimStart().startsWith("{")) return read(parsed(source), "the record");
  const path = source.replace(/^@/, "");
  const found = await searchLog(path, id);
  if (found.json === null) {
    throw new UsageError(
      id === undefined ? `${path} holds no decision record` : `${path} holds no request ${id}`,
    );
  }
  if (id === undefined && found.records > 1) {
    throw new UsageError(`${path} holds ${found.records} records; name one by --id`);
  }
  return read(found.json, path);
}

interface Found {
  readonly json: unknown;
  readonly records: number;
}

async function searchLog(path: string, id: string | undefined): Promise<Found> {
  let json: unknown = null;
  let records = 0;
  const wanted = id === undefined ? null : JSON.stringify(id);
  const splitter = new LineSplitter({
    line(text) {
      if (wanted !== null && !text.includes(wanted)) return;
      const line = parsed(text);
      const isWanted = isRecord(line) && (id === undefined || line.id === id);
      if (!isWanted) return;
      records += 1;
      json = line;
    },
    tooLong: () => undefined,
  });
  try {
    for await (const chunk of createReadStream(path)) splitter.push(chunk as Uint8Array);
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
  splitter.end();
  return { json, records };
}

function isRecord(json: unknown): json is { readonly id?: unknown } {
  return typeof json === "object" && json !== null && "v" in json && "facts" in json;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function read(json: unknown, where: string): ReadRecord {
  const record = readRecordSnapshot(json);
  if (record.ok) return record.record;
  throw new UsageError(`cannot explain ${where}: ${record.why}`);
}
