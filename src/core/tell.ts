/** Calls `listener`, if there is one, and lets nothing out that it throws. */
export function tell<T>(listener: ((event: T) => void) | undefined, event: T): void {
  try {
    listener?.(event)
  } catch {
    // Whoever listens must not break what he listens to.
  }
}
