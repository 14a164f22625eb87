// Texts are loaded by language; the tests begin when those of the first one are there.

import { i18n } from '../src/lib/i18n.svelte'

await i18n.ready
