// Waits for what another part does in its own time; tests only.
import { setTimeout as sleep } from 'node:timers/promises'

export const until = async (holds: () => boolean | Promise<boolean>) => {
  for (let tries = 0; tries < 600; tries++) {
    if (await holds()) return true
    await sleep(20)
  }
  return false
}
