// Sound to a chosen device. Safari has no choice of devices, and a device can be gone: then the system's own is used.

export const canChooseSink = 'setSinkId' in HTMLMediaElement.prototype

/** Send *element* to *device*; '' is the system's own. Return whether it goes there. */
export async function sendTo(element: HTMLMediaElement, device: string): Promise<boolean> {
  if (!canChooseSink) return device === ''
  try {
    await element.setSinkId(device)
    return true
  } catch {
    await element.setSinkId('').catch(() => undefined)
    return false
  }
}
