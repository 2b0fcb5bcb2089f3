// Tells a fault that passes, such as of a network drive or of file handles that ran out, from what a file or folder is.

/** Error codes of open(2), read(2), stat(2) and readdir(3), and of the network behind them. */
const PASSING = new Set([
  'EAGAIN', 'EBUSY', 'ECONNABORTED', 'ECONNREFUSED', 'ECONNRESET', 'EHOSTDOWN', 'EHOSTUNREACH', 'EINTR', 'EIO', 'EMFILE', 'ENETDOWN',
  'ENETUNREACH', 'ENFILE', 'ENOLCK', 'ENOLINK', 'ENOMEM', 'ENOTCONN', 'EREMOTEIO', 'ESTALE', 'ETIMEDOUT'
])

/** Whether it says nothing of the file: what was read of it before still counts (threat LB-31). */
export const isPassing = (error: unknown): boolean => PASSING.has((error as { code?: string }).code ?? '')
