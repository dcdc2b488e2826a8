// What stands behind the server, which clients are answered, and which are refused and why.
import path from 'node:path'
import { claudeCode } from './clients/claude-code.mjs'
import { codexCli } from './clients/codex.mjs'
import { printedLine, quickstartLines, readmeLines } from './clients/curl.mjs'
import { minimaxMcp } from './clients/minimax-mcp.mjs'
import { mmxNow, mmxOfTheEra } from './clients/mmx.mjs'
import { mmxEveryCommand, mmxNowMedia } from './clients/mmx-every-command.mjs'
import { aiSdkAnthropic, aiSdkOpenai, anthropicSdk, openaiSdk } from './clients/sdks.mjs'
import { e2e } from './install.mjs'

const clients = [
  claudeCode,
  codexCli,
  mmxOfTheEra,
  mmxNow,
  aiSdkAnthropic,
  aiSdkOpenai,
  openaiSdk,
  anthropicSdk,
]

/** A sandbox that poses as a foreign engine; it insists on the operator's key, which no client knows. */
function foreign(title, spoken, model, serverEnv) {
  const key = 'key-of-the-operator'
  const speaks = (client) => client.dialects.every((dialect) => spoken.includes(dialect))
  return {
    title,
    engine: ['--dialects', spoken.join(','), '--models', model, '--key', key],
    serverEnv: { ...serverEnv, TOKENPLAN_UPSTREAM_KEY: key },
    answered: clients.filter(speaks),
    refused: clients.filter((client) => !speaks(client)),
    refusal: { why: '501', says: ['501', `it speaks: ${spoken.join(', ')}`] },
    // An operator may want to know that somebody asks for what no engine has.
    mayLog: true,
  }
}

/** A server of its own each: two films a day are in the plan, and who makes the third must not depend on who went before. */
function everything(title, client) {
  return {
    title: `the sandbox: ${title}`,
    answered: [client],
    refused: [client],
    refusal: { why: 'mistyped key', says: ['invalid api key'], key: 'sk-cp-mistyped' },
  }
}

export const scenes = [
  {
    title: 'the sandbox, as npm start brings it',
    answered: [...clients, printedLine, readmeLines, quickstartLines],
    refused: clients,
    refusal: { why: 'mistyped key', says: ['401'], key: 'sk-cp-mistyped' },
  },
  {
    title: 'the sandbox, with a plan of one request',
    serverEnv: { TOKENPLAN_CATALOGUE: path.join(e2e, 'used-up.yaml') },
    answered: [printedLine],
    refused: clients,
    refusal: { why: 'used up', says: ['usage limit'] },
  },
  foreign('an engine that speaks OpenAI alone', ['openai-chat', 'openai-responses'], 'llama3.2', {}),
  foreign('an engine that speaks Anthropic alone', ['anthropic'], 'claude-local', {
    TOKENPLAN_UPSTREAM_KIND: 'anthropic',
  }),
  everything('every command of mmx', mmxEveryCommand),
  everything('media with the newest mmx', mmxNowMedia),
  everything('every tool of the MCP server', minimaxMcp),
]
