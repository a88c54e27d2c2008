import { CallController } from '../core/call-controller.ts'
import type { CallSignal } from '../core/call-signal.ts'
import type { PeerCallOptions, PeerService } from './peer-service.ts'

const knowing = new WeakSet<PeerService>()

/** Notes that `service` reads the signal of a call by {@link signalOf}, and hands the options on as they are. */
export function takesControllers(service: PeerService): void {
  knowing.add(service)
}

/** Options that end a call by `controller`: with a real signal, unless `service` does without. */
export function callOptions(service: PeerService, controller: CallController): PeerCallOptions {
  return knowing.has(service) ? controller : { signal: controller.signal }
}

/** The signal of a call, without making a real one where there is none. */
export function signalOf(options: PeerCallOptions): CallSignal | undefined {
  return options instanceof CallController ? options : options.signal
}
