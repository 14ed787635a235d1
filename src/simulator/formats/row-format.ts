import type { LinePlace } from "../log-file.ts";
import type { LogFormat } from "../log-format.ts";
import type { ReadLine } from "../logged-request.ts";
import type { Row } from "../row.ts";
import type { RowContext } from "../row-request.ts";

/** A format of rows, each a request: JSON objects, lines of a CSV or rows of Parquet, under the same names. */
export interface RowFormat {
  readonly format: LogFormat;
  /** Whether rows with such fields are of it. */
  isOf(has: (field: string) => boolean): boolean;
  read(row: Row, place: LinePlace, context: RowContext): ReadLine;
}
