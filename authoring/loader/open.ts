// Opens tools: their variables are checked before anything is opened, and everything that was opened can be closed.
import type { ZodError } from 'zod'
import { problemsOf } from './validate.ts'
import type { Resource } from '../resource.ts'
import type { OpenedTool, Tool, ToolDefinition, ToolHost } from '../tool.ts'

/** A tool whose variables are right. */
export interface ConfiguredTool {
  name: string
  /** The variables it reads. */
  variables: string[]
  /** @returns undefined when it cannot be offered with the values there are. */
  open(host: ToolHost): Promise<(Tool & Pick<OpenedTool, 'resources' | 'close'>) | undefined>
}

/**
 * @param env without the variables that are empty or known to be wrong.
 * @returns every tool whose variables are right, and one line for each that is not.
 */
export function configureTools (
  definitions: readonly ToolDefinition[],
  env: Readonly<Record<string, string>>
): { tools: ConfiguredTool[]; problems: string[] } {
  const tools: ConfiguredTool[] = []
  const problems: string[] = []
  for (const definition of definitions) {
    const { name } = definition
    if (!('env' in definition)) {
      tools.push({ name, variables: [], open: async () => definition })
      continue
    }
    const { env: schema, open, ...facts } = definition
    const settings = schema.safeParse(env)
    if (!settings.success) { problems.push(...problemLines(settings.error).map((line) => `${line} (the tool ${name} reads it)`)) } else {
      tools.push({
        name,
        variables: Object.keys(schema.shape),
        async open (host) {
          const opened = await open(settings.data, host)
          return (
            opened && {
              ...facts,
              run: opened.run.bind(opened),
              ...(opened.resources && { resources: opened.resources }),
              ...(opened.close && { close: opened.close.bind(opened) })
            }
          )
        }
      })
    }
  }
  return { tools, problems }
}

const problemLines = ({ issues }: ZodError): string[] => issues.map(({ path, message }) => `${path.join('.')}: ${message}`)

/** What no file was checked for, since it is made only now. */
async function checkResources<Opened extends Awaited<ReturnType<ConfiguredTool['open']>>> (
  opened: Opened
): Promise<Opened> {
  const problems = (opened?.resources ?? []).flatMap((resource) => problemsOf('resource', resource))
  if (problems.length === 0) return opened
  await opened!.close?.()
  throw new Error(problems.join('; '))
}

/**
 * Opens each, in their order. A tool that is not offered gets one line in the log.
 * @throws what a tool threw; those opened by then are closed.
 */
export async function openTools (
  configured: readonly ConfiguredTool[],
  host: ToolHost
): Promise<{ tools: Tool[]; resources: Resource[]; close(): Promise<void> }> {
  const tools: Tool[] = []
  const resources: Resource[] = []
  const closers: Array<() => Promise<void> | void> = []
  const close = async () => {
    const failed = (await Promise.allSettled(closers.splice(0).map(async (close) => close()))).filter(
      ({ status }) => status === 'rejected'
    )
    for (const { reason } of failed as PromiseRejectedResult[]) { host.log.warn(`A tool could not be closed: ${(reason as Error).message}`) }
  }
  for (const { name, variables, open } of configured) {
    const opened = await open(host)
      .then(checkResources)
      .catch(async (cause: Error) => {
        await close()
        throw new Error(`The tool ${name} could not be opened: ${cause.message}`, { cause })
      })
    if (!opened) {
      host.log.info(`The tool ${name} is not offered. What it needs is set with ${variables.join(', ')}.`)
      continue
    }
    const { close: closer, resources: beside = [], ...tool } = opened
    if (closer) closers.push(closer)
    tools.push(tool)
    resources.push(...beside)
  }
  return { tools, resources, close }
}
