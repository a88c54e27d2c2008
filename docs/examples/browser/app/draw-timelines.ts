import type { Pane, PaneTimes } from './pane.ts'

/** Draws what each pane showed when, on one axis, until both have settled. */
export function drawTimelines(timelines: readonly { readonly pane: Pane; readonly element: HTMLElement }[]): void {
  const endOf = ({ freshMs, failedMs }: PaneTimes): number => freshMs ?? failedMs ?? performance.now()
  const draw = (): void => {
    const isSettled = timelines.every(({ pane: { times } }) => (times.freshMs ?? times.failedMs) !== undefined)
    const endMs = Math.max(...timelines.map(({ pane }) => endOf(pane.times)))
    // A little room at the end shows what is there now.
    const axisMs = isSettled ? endMs * 1.12 : endMs
    for (const { pane, element } of timelines) {
      const { firstRowMs = axisMs, freshMs = axisMs } = pane.times
      const spans: Readonly<Record<string, number>> = {
        nothing: firstRowMs,
        stale: freshMs - firstRowMs,
        fresh: axisMs - freshMs,
      }
      for (const [name, ms] of Object.entries(spans))
        element.querySelector<HTMLElement>(`.${name}`)!.style.flexGrow = String(Math.max(0, ms))
    }
    if (!isSettled) requestAnimationFrame(draw)
  }
  draw()
}
