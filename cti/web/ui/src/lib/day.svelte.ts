// The person's day: figures, calls, missed calls. Read from the service; nothing of it is counted here.

import { api, type Refusal } from './api'
import type { MissedCall, MyCall, Today } from './messages'

export class Day {
  today = $state.raw<Today | null>(null)
  calls = $state.raw<MyCall[] | null>(null)
  missed = $state.raw<MissedCall[] | null>(null)
  more = $state(false)
  refusal = $state.raw<Refusal | null>(null)
  private loading = false

  async load(): Promise<void> {
    if (this.loading) return
    this.loading = true
    const [today, calls, missed] = await Promise.all([api.today(), api.myCalls(), api.missed()])
    this.loading = false
    const failed = [today, calls, missed].find((answer) => !answer.ok)
    this.refusal = failed && !failed.ok ? failed.refusal : null
    if (today.ok) this.today = today.data
    if (missed.ok) this.missed = missed.data.calls
    if (!calls.ok) return
    this.calls = calls.data.calls
    this.more = calls.data.more
  }

  async loadMore(): Promise<void> {
    const answer = await api.myCalls(this.calls?.at(-1)?.started_at)
    this.refusal = answer.ok ? null : answer.refusal
    if (!answer.ok) return
    this.calls = [...(this.calls ?? []), ...answer.data.calls]
    this.more = answer.data.more
  }

  put(changed: MyCall): void {
    this.calls = (this.calls ?? []).map((call) => (call.call === changed.call ? changed : call))
  }
}
