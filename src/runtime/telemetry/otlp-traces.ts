import {
  type Context,
  type HrTime,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type SpanExporter,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import {
  attemptAttributes,
  attemptName,
  endAttributes,
  startAttributes,
} from "./span-attributes.ts";
import type { RequestTrace, TracedEnd, TracedStart, TracedTarget, Traces } from "./traces.ts";

/** What becomes of a span: `dropped` while the receiver does not keep up. */
export type SpanResult = "exported" | "failed" | "dropped";

export interface OtlpOptions {
  /** Of the receiver; `/v1/traces` is added where it does not end so. */
  readonly url: string;
  readonly counted: (result: SpanResult, count: number) => void;
  /** Told once per spell of trouble, in plain words. */
  readonly onError: (message: string) => void;
}

/** Most spans that wait for the receiver. */
const mostWaiting = 4_096;
const closeWithinMs = 5_000;

/** Sends traces to a receiver of OTLP over HTTP, in batches behind the requests. */
export function openOtlpTraces(options: OtlpOptions): Traces {
  return new OtlpTraces(options);
}

class OtlpTraces implements Traces {
  readonly #options: OtlpOptions;
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  #waiting = 0;
  #troubled = false;

  constructor(options: OtlpOptions) {
    this.#options = options;
    const { url } = options;
    const exporter = new OTLPTraceExporter({ url: tracesUrl(url), timeoutMillis: 10_000 });
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({ "service.name": "signalbox" }),
      sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: this.#watched(exporter),
          maxQueueSize: mostWaiting,
          maxExportBatchSize: 512,
          scheduledDelayMillis: 1_000,
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer("signalbox");
  }

  begin(start: TracedStart): RequestTrace {
    const parent = parentOf(start.traceparent);
    const context = parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
    const span = this.#tracer.startSpan(
      `${start.method} ${start.path}`,
      {
        kind: SpanKind.SERVER,
        startTime: hrTime(start.startedAtEpochMs),
        attributes: startAttributes(start),
      },
      context,
    );
    return new OtlpTrace(start, span, this.#tracer, (each, atEpochMs) =>
      this.#end(each, atEpochMs),
    );
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, closeWithinMs);
    const shut = this.#provider.shutdown().catch((error: unknown) => this.#failed(error));
    await Promise.race([shut, promise]);
    clearTimeout(timer);
  }

  /** A span whose receiver is too far behind is never ended, and so never queued. */
  #end(span: Span, atEpochMs: number): void {
    if (!span.isRecording()) return;
    if (this.#waiting >= mostWaiting) {
      this.#options.counted("dropped", 1);
      return;
    }
    this.#waiting += 1;
    span.end(hrTime(atEpochMs));
  }

  #watched(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans: ReadableSpan[], report) =>
        exporter.export(spans, (result) => {
          this.#waiting -= spans.length;
          // 0 is success, by ExportResultCode of OpenTelemetry's core.
          const isFine = result.code === 0;
          this.#options.counted(isFine ? "exported" : "failed", spans.length);
          if (isFine) this.#troubled = false;
          else this.#failed(result.error);
          report(result);
        }),
      shutdown: () => exporter.shutdown(),
      forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    };
  }

  #failed(error: unknown): void {
    if (this.#troubled) return;
    this.#troubled = true;
    const why = error instanceof Error ? error.message : "it gave no reason";
    this.#options.onError(`traces cannot be sent to ${this.#options.url}: ${why}`);
  }
}

class OtlpTrace implements RequestTrace {
  readonly #start: TracedStart;
  readonly #span: Span;
  readonly #context: Context;
  readonly #tracer: Tracer;
  readonly #end: (span: Span, atEpochMs: number) => void;
  readonly #attempts = new Map<number, Span>();
  #isOver = false;

  constructor(
    start: TracedStart,
    span: Span,
    tracer: Tracer,
    end: (span: Span, atEpochMs: number) => void,
  ) {
    this.#start = start;
    this.#span = span;
    this.#context = trace.setSpan(ROOT_CONTEXT, span);
    this.#tracer = tracer;
    this.#end = end;
  }

  sending(attempt: number, to: TracedTarget | null, atEpochMs: number): string {
    return traceparentOf(this.#attempt(attempt, to, atEpochMs).spanContext());
  }

  ended({ attempts, endedAtEpochMs, epochOffsetMs, ...end }: TracedEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const record of attempts) {
      const span = this.#attempt(record.attempt, record.to, record.startedAtMs + epochOffsetMs);
      span.setAttributes(attemptAttributes(record));
      const { outcome } = record;
      if (outcome.kind === "failed")
        span.setStatus({
          code: SpanStatusCode.ERROR,
          message: outcome.failure.code ?? outcome.failure.cause,
        });
      this.#end(span, record.endedAtMs + epochOffsetMs);
    }
    this.#span.setAttributes(endAttributes(end));
    if (end.status >= 500 || end.outcome === "failed" || end.outcome === "error")
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#end(this.#span, endedAtEpochMs);
  }

  /** The span of an attempt; made at its end where a package sent it, or nothing was. */
  #attempt(attempt: number, to: TracedTarget | null, atEpochMs: number): Span {
    let span = this.#attempts.get(attempt);
    if (span === undefined) {
      const { name, attributes } = attemptName(this.#start, to);
      const options = { kind: SpanKind.CLIENT, startTime: hrTime(atEpochMs), attributes };
      span = this.#tracer.startSpan(name, options, this.#context);
      this.#attempts.set(attempt, span);
    }
    return span;
  }
}

function tracesUrl(url: string): string {
  const base = url.replace(/\/$/, "");
  return base.endsWith("/v1/traces") ? base : `${base}/v1/traces`;
}

/** Seconds and nanoseconds: plain numbers the SDK takes for times since the process began where they are small. */
function hrTime(epochMs: number): HrTime {
  const seconds = Math.floor(epochMs / 1000);
  return [seconds, Math.round((epochMs - seconds * 1000) * 1e6)];
}

/** What a client's `traceparent` says (W3C Trace Context); null where it is none. Ids of zeros the SDK takes for none. */
function parentOf(said: string | undefined): SpanContext | null {
  const parts = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(
    said ?? "",
  );
  if (parts === null) return null;
  const [, version, traceId = "", spanId = "", flags = "", more] = parts;
  if (version === "ff" || (version === "00" && more !== undefined)) return null;
  const isSampled = (Number.parseInt(flags, 16) & TraceFlags.SAMPLED) !== 0;
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return { traceId, spanId, traceFlags, isRemote: true };
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags === TraceFlags.SAMPLED ? "01" : "00"}`;
}
