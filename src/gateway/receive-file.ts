import type { IncomingMessage, ServerResponse } from "node:http";
import {
  Busboy,
  type BusboyFileStream,
  type BusboyHeaders,
  type BusboyInstance,
} from "@fastify/busboy";
import { type ApiProblem, invalidRequest } from "../protocol/api-error.ts";
import type { FileWriter } from "../runtime/store/file-store.ts";
import { linger } from "./linger.ts";
import { problems } from "./problems.ts";
import { refuseBody } from "./read-body.ts";

/** What came of reading an upload. */
export type Received =
  | {
      readonly kind: "file";
      readonly writer: FileWriter;
      readonly filename: string;
      readonly fields: ReadonlyMap<string, string>;
    }
  | { readonly kind: "problem"; readonly problem: ApiProblem }
  /** Keeping it failed, as the disk is full for one; the error is as it was thrown. */
  | { readonly kind: "fault"; readonly error: unknown }
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

/** Whether there still is room is asked each time so much was written. */
const weighedBytes = 1024 * 1024;

/** Where an upload goes. */
export interface UploadPlace {
  /** Most bytes of one file. */
  readonly limitBytes: number;
  open(): FileWriter;
  /** Why no more may be kept, with what is being written now; null while there is room. */
  full(): ApiProblem | null;
}

/** One request with its answer. */
interface Both {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Reads one file of `multipart/form-data` into a writer as it comes, and reports once. A file beyond the limit is refused as soon
 * as it is; whatever is not reported as a file is dropped. What `place` throws is reported and not thrown: nobody stands above a
 * stream's callbacks.
 */
export function receiveFile(
  { request, response }: Both,
  place: UploadPlace,
  report: (received: Received) => void,
): void {
  const type = request.headers["content-type"] ?? "";
  const isForm = /^multipart\/form-data\s*;.*boundary=/i.test(type);
  const problem = isForm ? announcedProblem(request, place.limitBytes) : problems.notAForm();
  if (problem !== null) {
    refuseBody(request, response, problem, report);
    return;
  }
  if (request.headers.expect !== undefined) response.writeContinue();
  new Receiver({ request, response }, place, report).listen(type);
}

function announcedProblem(request: IncomingMessage, limitBytes: number): ApiProblem | null {
  const announced = Number(request.headers["content-length"] ?? 0);
  // The form around the file is small.
  return announced > limitBytes + 64 * 1024 ? problems.fileTooLarge(limitBytes) : null;
}

class Receiver {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #place: UploadPlace;
  readonly #report: (received: Received) => void;
  readonly #fields = new Map<string, string>();
  #parser: BusboyInstance | null = null;
  #writer: FileWriter | null = null;
  #filename = "";
  #weighAt = weighedBytes;
  #isOver = false;

  constructor(
    { request, response }: Both,
    place: UploadPlace,
    report: (received: Received) => void,
  ) {
    this.#request = request;
    this.#response = response;
    this.#place = place;
    this.#report = report;
  }

  listen(type: string): void {
    const headers: BusboyHeaders = { ...this.#request.headers, "content-type": type };
    const parser = new Busboy({ headers, limits: { ...around, fileSize: this.#place.limitBytes } });
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
      this.#writer = this.#place.open();
    });
    stream.on("data", (bytes: Buffer) => this.#guard(() => this.#take(bytes)));
    stream.on("limit", () => this.#refuse(problems.fileTooLarge(this.#place.limitBytes)));
  }

  #take(bytes: Uint8Array): void {
    const writer = this.#writer;
    if (this.#isOver || writer === null) return;
    writer.write(bytes);
    if (writer.bytes < this.#weighAt) return;
    this.#weighAt = writer.bytes + weighedBytes;
    const problem = this.#place.full();
    if (problem !== null) this.#refuse(problem);
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

  /** False when it has ended before, or ends as a fault now. */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    if (this.#parser !== null) this.#request.unpipe(this.#parser);
    return this.#dropped();
  }

  #dropped(): boolean {
    try {
      this.#writer?.drop();
      return true;
    } catch (error) {
      this.#fault(error);
      return false;
    }
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      const wasOver = this.#isOver;
      if (wasOver || this.#end()) this.#fault(error);
    }
  }

  #fault(error: unknown): void {
    linger(this.#request, this.#response);
    this.#report({ kind: "fault", error });
  }
}
