import type { IncomingMessage, ServerResponse } from "node:http";
import {
  Busboy,
  type BusboyFileStream,
  type BusboyHeaders,
  type BusboyInstance,
} from "@fastify/busboy";
import { type ApiProblem, invalidRequest } from "../protocol/api-error.ts";
import type { FileWriter } from "../runtime/store/file-store.ts";
import { refuseBody } from "./read-body.ts";
import { problems } from "./to-response.ts";

/** What came of reading an upload. */
export type Received =
  | {
      readonly kind: "file";
      readonly writer: FileWriter;
      readonly filename: string;
      readonly fields: ReadonlyMap<string, string>;
    }
  | { readonly kind: "problem"; readonly problem: ApiProblem }
  /** The client left while sending. */
  | { readonly kind: "gone" };

/** Bounds on what stands around the file. */
const around = {
  files: 1,
  fields: 20,
  fieldNameSize: 100,
  fieldSize: 1024,
  parts: 24,
  headerPairs: 50,
  headerSize: 8 * 1024,
};

const mostFilename = 255;

/**
 * Reads one file of `multipart/form-data` into a writer as it comes, and reports once. A file beyond the limit is refused as soon
 * as it is; whatever is not reported as a file is dropped.
 */
export function receiveFile(
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  limitBytes: number,
  open: () => FileWriter,
  report: (received: Received) => void,
): void {
  const type = request.headers["content-type"] ?? "";
  const isForm = /^multipart\/form-data\s*;.*boundary=/i.test(type);
  const problem = isForm ? announcedProblem(request, limitBytes) : problems.notAForm();
  if (problem !== null) {
    refuseBody(request, response, problem, report);
    return;
  }
  if (request.headers.expect !== undefined) response.writeContinue();
  new Receiver({ request, response }, limitBytes, open, report).listen(type);
}

function announcedProblem(request: IncomingMessage, limitBytes: number): ApiProblem | null {
  const announced = Number(request.headers["content-length"] ?? 0);
  // The form around the file is small.
  return announced > limitBytes + 64 * 1024 ? problems.fileTooLarge(limitBytes) : null;
}

class Receiver {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #limitBytes: number;
  readonly #open: () => FileWriter;
  readonly #report: (received: Received) => void;
  readonly #fields = new Map<string, string>();
  #parser: BusboyInstance | null = null;
  #writer: FileWriter | null = null;
  #filename = "";
  #isOver = false;

  constructor(
    { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
    limitBytes: number,
    open: () => FileWriter,
    report: (received: Received) => void,
  ) {
    this.#request = request;
    this.#response = response;
    this.#limitBytes = limitBytes;
    this.#open = open;
    this.#report = report;
  }

  listen(type: string): void {
    const headers: BusboyHeaders = { ...this.#request.headers, "content-type": type };
    const parser = new Busboy({ headers, limits: { ...around, fileSize: this.#limitBytes } });
    this.#parser = parser;
    parser.on("field", (name, value) => this.#fields.set(name, value));
    parser.on("file", (name, stream, filename) => this.#file(name, stream, filename));
    const tooMuch = (): void => this.#refuse(problems.malformedForm("it has too many parts"));
    parser.on("filesLimit", tooMuch).on("partsLimit", tooMuch).on("fieldsLimit", tooMuch);
    parser.on("error", () => this.#refuse(problems.malformedForm("its parts cannot be told")));
    parser.on("finish", () => this.#finish());
    this.#request.on("error", () => this.#gone());
    this.#request.on("close", () => {
      if (!this.#request.complete) this.#gone();
    });
    this.#request.pipe(parser);
  }

  #file(name: string, stream: BusboyFileStream, filename: string): void {
    // Its errors are the parser's, which has told of them.
    stream.on("error", () => {});
    if (this.#isOver || name !== "file" || this.#writer !== null) {
      stream.resume();
      return;
    }
    this.#filename = filename;
    this.#guard(() => {
      this.#writer = this.#open();
    });
    stream.on("data", (bytes: Buffer) => {
      if (!this.#isOver) this.#guard(() => this.#writer?.write(bytes));
    });
    stream.on("limit", () => this.#refuse(problems.fileTooLarge(this.#limitBytes)));
  }

  #finish(): void {
    if (this.#isOver) return;
    const writer = this.#writer;
    if (writer === null) {
      this.#refuse(invalidRequest("file", "the form has no part `file`", "missing_required"));
      return;
    }
    this.#isOver = true;
    const filename = this.#filename.replaceAll(/\p{Cc}/gu, "").slice(0, mostFilename);
    this.#report({ kind: "file", writer, filename, fields: this.#fields });
  }

  #refuse(problem: ApiProblem): void {
    if (this.#end()) refuseBody(this.#request, this.#response, problem, this.#report);
  }

  #gone(): void {
    if (this.#end()) this.#report({ kind: "gone" });
  }

  /** False when it has ended before. */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    if (this.#parser !== null) this.#request.unpipe(this.#parser);
    this.#guard(() => this.#writer?.drop());
    return true;
  }

  /** The store may fail at any byte: its disk is full, for one. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      const wasOver = this.#isOver;
      this.#isOver = true;
      this.#request.destroy();
      if (!wasOver) this.#report({ kind: "gone" });
      throw error;
    }
  }
}
