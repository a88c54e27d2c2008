import { describe, expect, it } from 'vitest'
import type { CallController } from '../../src/core/call-controller.ts'
import { SharedFlights } from '../../src/core/shared-flights.ts'

/** A flight whose work ends when it is told to. */
function flight(): {
  readonly work: (controller: CallController) => Promise<string>
  readonly end: (value: string) => void
  readonly fail: (error: Error) => void
  readonly controllers: CallController[]
} {
  const controllers: CallController[] = []
  let end: (value: string) => void = () => undefined
  let fail: (error: Error) => void = () => undefined
  const result = new Promise<string>((resolve, reject) => {
    end = resolve
    fail = reject
  })
  const work = (controller: CallController): Promise<string> => {
    controllers.push(controller)
    return result
  }
  return { work, end, fail, controllers }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

describe('SharedFlights', () => {
  it('shares one piece of work, with signals and without', async () => {
    const flights = new SharedFlights<string>()
    const { work, end, controllers } = flight()
    const waits = [undefined, new AbortController().signal, undefined].map(signal => flights.join('k', signal, work))
    end('value')
    expect(await Promise.all(waits)).toEqual(['value', 'value', 'value'])
    expect(controllers).toHaveLength(1)
    expect(flights.has('k')).toBe(false)
  })

  it.each(['first', 'last'])('goes on for who came without a signal when all others left; he came %s', async place => {
    const flights = new SharedFlights<string>()
    const { work, end, controllers } = flight()
    const { signal, abort } = { signal: new AbortController(), abort: new Error('left') }
    const joinUntil = (): Promise<string> => flights.join('k', signal.signal, work)
    const joined = place === 'first' ? [flights.join('k', undefined, work), joinUntil()] : [joinUntil()]
    if (place === 'last') joined.unshift(flights.join('k', undefined, work))
    signal.abort(abort)
    await expect(joined[1]).rejects.toMatchObject({ code: 'ABORTED' })
    await settle()
    expect(controllers.map(({ aborted }) => aborted)).toEqual([false])
    expect(flights.has('k')).toBe(true)
    end('value')
    expect(await joined[0]).toBe('value')
  })

  it('aborts the work when all have left', async () => {
    const flights = new SharedFlights<string>()
    const { work, fail, controllers } = flight()
    const controller = new AbortController()
    const joined = flights.join('k', controller.signal, work)
    controller.abort()
    await expect(joined).rejects.toMatchObject({ code: 'ABORTED' })
    expect(controllers[0]?.aborted).toBe(true)
    expect(flights.has('k')).toBe(false)
    // Nobody hears of it, and it is no unhandled rejection.
    fail(new Error('late'))
    await flights.ended()
  })

  it('tells when all work has ended, however it did', async () => {
    const flights = new SharedFlights<string>()
    const one = flight()
    const two = flight()
    const joined = [flights.join('a', undefined, one.work), flights.join('b', undefined, two.work)]
    let isOver = false
    const ended = flights.ended().then(() => {
      isOver = true
    })
    // Work that cannot be joined any more is under way all the same.
    flights.detach()
    one.end('value')
    await settle()
    expect(isOver).toBe(false)
    two.fail(new Error('lost'))
    await ended
    expect(await Promise.allSettled(joined)).toMatchObject([{ value: 'value' }, { reason: { message: 'lost' } }])
  })
})
