// Microphone, headset and ring device: what there is, what the person chose, and the microphone itself.

import { readStored, writeStored } from '../lib/stored'
import { microphoneTrouble, type Trouble } from './trouble'

export type Role = 'microphone' | 'headset' | 'ringer'
export const ROLES: readonly Role[] = ['microphone', 'headset', 'ringer']

export interface SoundDevice {
  id: string
  label: string
}

export interface DevicesUse {
  /** Another microphone took the place of the one in use. */
  changed(stream: MediaStream): void
  /** A call, or somebody who looks at its level, has the microphone. */
  inUse(): boolean
}

const KIND = { microphone: 'audioinput', headset: 'audiooutput', ringer: 'audiooutput' } as const
const KEY = 'sound'

export class Devices {
  private all = $state.raw<MediaDeviceInfo[]>([])
  /** '' is the system's own. */
  chosen = $state<Record<Role, string>>({ microphone: '', headset: '', ringer: '' })
  trouble = $state<Trouble | null>(null)
  /** The microphone while it is open. */
  stream = $state.raw<MediaStream | null>(null)
  private opening: Promise<MediaStream | null> | null = null
  private watching = false

  constructor(private readonly needs: DevicesUse) {
    const stored = readStored(localStorage, KEY)
    if (typeof stored !== 'object' || stored === null) return
    for (const role of ROLES) {
      const id = (stored as Record<string, unknown>)[role]
      if (typeof id === 'string') this.chosen[role] = id
    }
  }

  list(role: Role): SoundDevice[] {
    // Chromium lists the system's own once more under these names.
    const real = this.all.filter((one) => one.kind === KIND[role] && !['', 'default', 'communications'].includes(one.deviceId))
    return real.map((one) => ({ id: one.deviceId, label: one.label }))
  }

  /** The device to use: the chosen one while it is there. */
  use(role: Role): string {
    const id = this.chosen[role]
    return this.list(role).some((one) => one.id === id) ? id : ''
  }

  async refresh(): Promise<void> {
    if (!this.watching) navigator.mediaDevices.addEventListener('devicechange', () => void this.onChange())
    this.watching = true
    this.all = await navigator.mediaDevices.enumerateDevices()
  }

  async choose(role: Role, id: string): Promise<void> {
    this.chosen[role] = id
    writeStored(localStorage, KEY, { ...this.chosen })
    if (role === 'microphone' && this.stream) await this.reopen()
  }

  /** The open microphone, or null with `trouble` set. */
  open(): Promise<MediaStream | null> {
    if (this.stream) return Promise.resolve(this.stream)
    this.opening ??= this.get().finally(() => (this.opening = null))
    return this.opening
  }

  close(): void {
    this.stream?.getTracks().forEach((track) => track.stop())
    this.stream = null
  }

  /** Ask for the microphone once, so that refusal shows before the first call. */
  async check(): Promise<boolean> {
    const stream = await this.open()
    if (!this.needs.inUse()) this.close()
    return stream !== null
  }

  /** The person did something about it. */
  async retry(): Promise<void> {
    if (this.stream) await this.reopen()
    else await this.check()
  }

  async reopen(): Promise<void> {
    const before = this.stream
    this.stream = null
    const stream = await this.open()
    if (!stream) {
      this.stream = before
      return
    }
    before?.getTracks().forEach((track) => track.stop())
    this.needs.changed(stream)
  }

  private async get(): Promise<MediaStream | null> {
    try {
      await this.refresh()
      const device = this.use('microphone')
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: { ...(device ? { deviceId: { exact: device } } : {}), echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      })
      await this.refresh() // the names come with the permission
      stream.getAudioTracks()[0]?.addEventListener('ended', () => this.stream === stream && void this.unplugged())
      this.trouble = null
      return (this.stream = stream)
    } catch (error) {
      this.trouble = microphoneTrouble(error)
      return null
    }
  }

  /** Take another microphone if there is one; the notice stays until the person has chosen. */
  private async unplugged(): Promise<void> {
    await this.reopen()
    if (this.trouble === null) return
    this.trouble = 'mic_gone'
  }

  private async onChange(): Promise<void> {
    await this.refresh()
    if (this.trouble === 'mic_missing' || this.trouble === 'mic_gone' || this.trouble === 'mic_taken') {
      await this.retry()
    }
  }
}
