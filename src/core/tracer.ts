import type { TelemetryAttributes } from './meter.ts'

/** The part of `Span` of `@opentelemetry/api` 1.x that is used. */
export interface Span {
  setStatus(status: { code: number; message?: string }): unknown
  recordException(exception: Error): void
  end(): void
}

/** The part of `Tracer` of `@opentelemetry/api` 1.x that is used; described here so that nothing is imported. */
export interface Tracer {
  startSpan(name: string, options?: { kind?: number; attributes?: Record<string, string | number | boolean> }): Span
}

/** What the spans of one wrapper have in common. */
export interface Spans {
  readonly tracer: Tracer
  /** A `SpanKind` of `@opentelemetry/api`. */
  readonly kind: number
  readonly attributes: TelemetryAttributes | undefined
}

/** `SpanKind` of `@opentelemetry/api`. */
export const spanKinds = { server: 1, client: 2 } as const

// `SpanStatusCode` of `@opentelemetry/api`.
const statusOk = 1
const statusError = 2

/**
 * Settles as `work` does, with a span around it: Ok, or Error with the error recorded. What `failureOf` finds in a result is
 * recorded as an error too.
 */
export async function inSpan<T>(
  name: string,
  { tracer, kind, attributes }: Spans,
  work: () => Promise<T>,
  failureOf: (result: T) => string | undefined = () => undefined,
): Promise<T> {
  const span = tracer.startSpan(name, { kind, attributes: { ...attributes } })
  try {
    const result = await work()
    const failure = failureOf(result)
    if (failure === undefined) span.setStatus({ code: statusOk })
    else fail(span, new Error(failure))
    return result
  } catch (error) {
    fail(span, error instanceof Error ? error : new Error(String(error)))
    throw error
  } finally {
    span.end()
  }
}

function fail(span: Span, error: Error): void {
  span.recordException(error)
  span.setStatus({ code: statusError, message: error.message })
}
