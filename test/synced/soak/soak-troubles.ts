import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../helpers/random.ts'
import type { SoakFleet } from './soak-fleet.ts'

/** Everything that goes wrong, by name; each resolves when it is over. The more often named, the more often it comes. */
export const troubles: Readonly<Record<string, (fleet: SoakFleet, random: Random) => Promise<void>>> = {
  killSubscriptions: fleet => fleet.command('CLIENT', 'KILL', 'TYPE', 'PUBSUB'),
  killOne: (fleet, random) => fleet.killClient(random),
  killOneMore: (fleet, random) => fleet.killClient(random),
  killAll: fleet => fleet.command('CLIENT', 'KILL', 'TYPE', 'NORMAL', 'SKIPME', 'YES'),
  cut: async (fleet, random) => void random.pick(fleet.proxies).cut(() => random.chance(0.6)),
  cutAll: async fleet => {
    for (const proxy of fleet.proxies) proxy.cut()
  },
  stallOne: async (fleet, random) => {
    const resume = random.pick(fleet.proxies).stall(random.pick(['toServer', 'toClient', 'both']))
    await sleep(50 + random.below(1_200))
    resume()
  },
  stallSubscription: async (fleet, random) => {
    const resume = random.pick(fleet.proxies).stall('both', ({ isSubscriber }) => isSubscriber)
    await sleep(50 + random.below(1_200))
    resume()
  },
  refuse: async (fleet, random) => {
    const proxy = random.pick(fleet.proxies)
    await proxy.refuse()
    await sleep(20 + random.below(700))
    await proxy.accept()
  },
  slow: async (fleet, random) => {
    const proxy = random.pick(fleet.proxies)
    proxy.latencyMs = random.below(30)
    await sleep(200)
    proxy.latencyMs = 0
  },
  garble: async (fleet, random) => {
    const proxy = random.pick(fleet.proxies)
    proxy.deliver = () => {
      const dice = random.unit()
      if (dice < 0.1) return []
      if (dice < 0.2) return [0, random.below(20)]
      return [dice < 0.4 ? random.below(20) : 0]
    }
    await sleep(100 + random.below(400))
    proxy.deliver = undefined
  },
  pause: async (fleet, random) => {
    await fleet.command('CLIENT', 'PAUSE', String(50 + random.below(700)), random.pick(['ALL', 'WRITE']))
  },
  flushScripts: fleet => fleet.command('SCRIPT', 'FLUSH'),
  flushAll: fleet => fleet.command('FLUSHALL'),
  restartServer: (fleet, random) => fleet.restartServer(random.below(300)),
  killProcess: (fleet, random) => fleet.replace(random.below(fleet.processes.length)),
}
