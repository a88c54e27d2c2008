// A caching downloader that goes on offline: `npm run example:download`. No arguments, no network.

import { terminal } from './screen.ts'
import { tellStory } from './story.ts'

await tellStory(terminal())
