import type { Attributes, SpanKind, SpanStatus, Tracer } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'

/** What a test looks at of a span. */
export interface RecordedSpan {
  readonly name: string
  readonly kind: SpanKind
  readonly status: SpanStatus
  readonly attributes: Attributes
  /** Messages of the errors that were recorded. */
  readonly errors: readonly unknown[]
}

/** A tracer of the real SDK, which keeps what ended: what an exporter is given is what a user's backend gets. */
export function recordSpans(name: string): {
  readonly exporter: InMemorySpanExporter
  readonly tracer: Tracer
  readonly spans: () => RecordedSpan[]
} {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const spans = (): RecordedSpan[] =>
    exporter.getFinishedSpans().map(({ name, kind, status, attributes, events }) => ({
      name,
      kind,
      status,
      attributes,
      errors: events.map(event => event.attributes?.['exception.message']),
    }))
  return { exporter, tracer: provider.getTracer(name), spans }
}
