// Calling with the person's own phone, in this page or on the desk. The service is asked first in both cases; a desk phone
// is then moved by the switch, and so is all that is done with its call.

import { Command } from './command.svelte'
import { i18n } from './i18n.svelte'
import type { Order } from './socket'
import { session } from './session.svelte'
import type { PhoneCall } from '../phone/call.svelte'
import { phone } from '../phone/phone.svelte'

class OwnCalls {
  /** To call and to pass on; its error, as those of the two others, stands under the bar. */
  readonly command = new Command()
  /** Of its own: nothing that is still on its way keeps a call from being ended. */
  readonly ending = new Command()
  readonly pressing = new Command()
  private next: () => unknown = () => undefined
  private keys = ''

  /** The phone stands on the desk: its calls are the switch's business. */
  get onDesk(): boolean {
    return phone.stage === 'none' && Boolean(session.me?.device)
  }

  get canDial(): boolean {
    return this.onDesk ? session.desk.link.up && session.desk.agent.state !== 'phone_lost' : phone.connected
  }

  /** Call *number*; with *asksFor* it is a question about that call of this page. */
  async dial(number: string, asksFor: PhoneCall | null = null): Promise<boolean> {
    const inPage = !this.onDesk
    phone.failed = null
    return this.ask({ type: 'call.dial', number, phone: inPage ? 'page' : 'desk' }, () => inPage && phone.dial(number, asksFor))
  }

  /** Whether *number* may be called from this page: the answer to "no" is shown. */
  may(number: string): Promise<boolean> {
    return this.ask({ type: 'call.dial', number, phone: 'page' })
  }

  hangUp(call: string): Promise<boolean> {
    return this.ending.run({ type: 'call.hang_up', call })
  }

  transfer(call: string, number: string, done: () => void): Promise<boolean> {
    return this.ask({ type: 'call.transfer', call, number }, done)
  }

  /** Keys that come faster than the switch takes them go together. */
  async press(call: string, key: string): Promise<void> {
    this.keys += key
    while (this.keys && !this.pressing.pending) {
      const keys = this.keys
      this.keys = ''
      if (!(await this.pressing.run({ type: 'call.keys', call, keys }))) this.keys = ''
    }
  }

  /** The same once more, and what was to follow. */
  async again(command: Command): Promise<void> {
    if ((await command.again()) && command === this.command) await this.next()
  }

  isPending(type: Order['type']): boolean {
    return this.command.pending && this.command.order?.type === type
  }

  private async ask(order: Order, next: () => unknown = () => undefined): Promise<boolean> {
    if (this.command.pending) return false
    this.next = next
    const done = await this.command.run(order)
    if (done) await next()
    else await i18n.with('dial', Promise.resolve()) // the words for what is refused
    return done
  }
}

export const calls = new OwnCalls()
