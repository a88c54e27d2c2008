import { runLife } from './run-life.ts'
import { seededLives } from './seeded-lives.ts'
import { survivesEveryCrash } from './survives.ts'

survivesEveryCrash('lives made from seeds', seededLives, runLife, { seeds: [1, 2, 3, 4, 5], atLeast: 16_000 })
